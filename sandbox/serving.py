"""How the sandbox is served: one process (its memory), many threads (they wait while latency
passes). `python -m sandbox` adds the address and the number of threads."""

wsgi_app = "sandbox.app:create_app()"
worker_class = "gthread"
workers = 1
worker_connections = 2000
keepalive = 75
timeout = 120
graceful_timeout = 2
control_socket_disable = True
loglevel = "warning"
limit_request_line = 0  # long lists of handles
