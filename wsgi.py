"""`gunicorn wsgi:app`, `flask --app wsgi …`"""

import sys

from hub import create_app
from hub.config import ConfigError

try:
    app = create_app()
except ConfigError as error:
    sys.exit(f"hub: {error}")
