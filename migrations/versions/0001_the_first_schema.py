"""the first schema"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('api_keys',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('key_digest', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_keys')),
    sa.UniqueConstraint('key_digest', name=op.f('uq_api_keys_key_digest'))
    )
    op.create_table('blocks',
    sa.Column('subject', sa.String(length=320), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('since', sa.Float(), nullable=False),
    sa.PrimaryKeyConstraint('subject', name=op.f('pk_blocks'))
    )
    op.create_table('day_total',
    sa.Column('day', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('stores', sa.Integer(), nullable=False),
    sa.Column('complete', sa.Boolean(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('followers', sa.BigInteger(), nullable=True),
    sa.Column('likes', sa.BigInteger(), nullable=True),
    sa.Column('video_count', sa.BigInteger(), nullable=True),
    sa.Column('tracked_videos', sa.Integer(), nullable=True),
    sa.Column('total_views', sa.BigInteger(), nullable=True),
    sa.Column('total_likes', sa.BigInteger(), nullable=True),
    sa.Column('total_comments', sa.BigInteger(), nullable=True),
    sa.Column('total_shares', sa.BigInteger(), nullable=True),
    sa.Column('views_gained', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_day_total'))
    )
    op.create_table('leases',
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('owner', sa.String(length=80), nullable=False),
    sa.Column('lease_until', sa.Float(), nullable=False),
    sa.Column('fence', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_leases'))
    )
    op.create_table('oauth_states',
    sa.Column('nonce', sa.String(length=64), nullable=False),
    sa.Column('purpose', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=255), nullable=False),
    sa.Column('browser_digest', sa.String(length=64), nullable=False),
    sa.Column('link_digest', sa.String(length=64), nullable=False),
    sa.Column('actor', sa.String(length=320), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('nonce', name=op.f('pk_oauth_states'))
    )
    op.create_table('provider_events',
    sa.Column('body_digest', sa.String(length=64), nullable=False),
    sa.Column('event', sa.String(length=80), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('body_digest', name=op.f('pk_provider_events'))
    )
    op.create_table('schedule_slots',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('job', sa.String(length=80), nullable=False),
    sa.Column('slot', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('installed', 'fired', 'skipped')", name=op.f('ck_schedule_slots_state')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_schedule_slots')),
    sa.UniqueConstraint('job', 'slot', name=op.f('uq_schedule_slots_job_slot'))
    )
    op.create_table('store_daily',
    sa.Column('store_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('day', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('followers', sa.BigInteger(), nullable=True),
    sa.Column('likes', sa.BigInteger(), nullable=True),
    sa.Column('video_count', sa.BigInteger(), nullable=True),
    sa.Column('tracked_videos', sa.Integer(), nullable=True),
    sa.Column('total_views', sa.BigInteger(), nullable=True),
    sa.Column('total_likes', sa.BigInteger(), nullable=True),
    sa.Column('total_comments', sa.BigInteger(), nullable=True),
    sa.Column('total_shares', sa.BigInteger(), nullable=True),
    sa.Column('views_gained', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('store_id', 'day', name=op.f('pk_store_daily')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('store_daily', schema=None) as batch_op:
        batch_op.create_index('ix_store_daily_day_store_id', ['day', 'store_id'], unique=False)

    op.create_table('store_latest',
    sa.Column('store_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('user_day', sa.Integer(), nullable=True),
    sa.Column('video_day', sa.Integer(), nullable=True),
    sa.Column('views_w', sa.BigInteger(), nullable=True),
    sa.Column('views_pw', sa.BigInteger(), nullable=True),
    sa.Column('followers_w', sa.BigInteger(), nullable=True),
    sa.Column('user_synced_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('video_synced_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('data_version', sa.Integer(), nullable=False),
    sa.Column('followers', sa.BigInteger(), nullable=True),
    sa.Column('likes', sa.BigInteger(), nullable=True),
    sa.Column('video_count', sa.BigInteger(), nullable=True),
    sa.Column('tracked_videos', sa.Integer(), nullable=True),
    sa.Column('total_views', sa.BigInteger(), nullable=True),
    sa.Column('total_likes', sa.BigInteger(), nullable=True),
    sa.Column('total_comments', sa.BigInteger(), nullable=True),
    sa.Column('total_shares', sa.BigInteger(), nullable=True),
    sa.Column('views_gained', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('store_id', name=op.f('pk_store_latest'))
    )
    with op.batch_alter_table('store_latest', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_store_latest_views_w'), ['views_w'], unique=False)

    op.create_table('stores',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('store_code', sa.String(length=50), nullable=False),
    sa.Column('store_name', sa.String(length=255), nullable=False),
    sa.Column('pic_name', sa.String(length=255), nullable=False),
    sa.Column('pic_contact', sa.String(length=255), nullable=True),
    sa.Column('tags', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stores')),
    sa.UniqueConstraint('store_code', name=op.f('uq_stores_store_code'))
    )
    op.create_table('sync_logs',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('store_code', sa.String(length=50), nullable=True),
    sa.Column('job_name', sa.String(length=100), nullable=False),
    sa.Column('status', sa.String(length=50), nullable=False),
    sa.Column('message', sa.Text(), nullable=True),
    sa.Column('raw_error', sa.Text(), nullable=True),
    sa.Column('duration_ms', sa.Integer(), nullable=True),
    sa.Column('run_time', sa.DateTime(timezone=True), nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=True),
    sa.Column('cause', sa.String(length=40), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sync_logs'))
    )
    with op.batch_alter_table('sync_logs', schema=None) as batch_op:
        batch_op.create_index('ix_sync_logs_run_time', ['run_time'], unique=False)
        batch_op.create_index('ix_sync_logs_store_code_run_time', ['store_code', 'run_time'], unique=False)

    op.create_table('sync_runs',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('job', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('trigger', sa.String(length=20), nullable=False),
    sa.Column('actor', sa.String(length=320), nullable=False),
    sa.Column('store_code', sa.String(length=50), nullable=True),
    sa.Column('slot', sa.DateTime(timezone=True), nullable=True),
    sa.Column('day', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancelled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancelled_by', sa.String(length=320), nullable=True),
    sa.Column('retry_of', sa.Integer(), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('woken_at', sa.Float(), nullable=True),
    sa.Column('outcome', sa.String(length=10), nullable=True),
    sa.Column('totals', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=True),
    sa.CheckConstraint("job IN ('all', 'user', 'video', 'refresh_tokens')", name=op.f('ck_sync_runs_job')),
    sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f('ck_sync_runs_state')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sync_runs')),
    sa.UniqueConstraint('job', 'slot', name=op.f('uq_sync_runs_job_slot'))
    )
    with op.batch_alter_table('sync_runs', schema=None) as batch_op:
        batch_op.create_index('ix_sync_runs_created_at', ['created_at'], unique=False)
        batch_op.create_index('ix_sync_runs_state', ['state'], unique=False)

    op.create_table('users',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('email', sa.String(length=255), nullable=False),
    sa.Column('password_hash', sa.String(length=255), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('display_name', sa.String(length=100), nullable=False),
    sa.Column('locale', sa.String(length=5), nullable=True),
    sa.Column('timezone', sa.String(length=64), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('store_tags', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('last_login_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("role IN ('admin', 'ops', 'store', 'influencer')", name=op.f('ck_users_role')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
    sa.UniqueConstraint('email', name=op.f('uq_users_email'))
    )
    op.create_table('video_daily',
    sa.Column('store_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('day', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('video_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('view_count', sa.BigInteger(), nullable=True),
    sa.Column('like_count', sa.BigInteger(), nullable=True),
    sa.Column('comment_count', sa.BigInteger(), nullable=True),
    sa.Column('share_count', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('store_id', 'day', 'video_id', name=op.f('pk_video_daily')),
    sqlite_with_rowid=False
    )
    op.create_table('video_latest',
    sa.Column('store_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('video_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('day', sa.Integer(), nullable=False),
    sa.Column('view_count', sa.BigInteger(), nullable=True),
    sa.Column('like_count', sa.BigInteger(), nullable=True),
    sa.Column('comment_count', sa.BigInteger(), nullable=True),
    sa.Column('share_count', sa.BigInteger(), nullable=True),
    sa.Column('growth_1d', sa.BigInteger(), nullable=True),
    sa.Column('growth_7d', sa.BigInteger(), nullable=True),
    sa.Column('growth_30d', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('store_id', 'video_id', name=op.f('pk_video_latest')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('video_latest', schema=None) as batch_op:
        batch_op.create_index('ix_video_latest_growth_7d', ['growth_7d'], unique=False)

    op.create_table('browser_sessions',
    sa.Column('token_digest', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.String(length=36), nullable=False),
    sa.Column('public_id', sa.String(length=36), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('agent', sa.String(length=255), nullable=False),
    sa.Column('ip_address', sa.String(length=50), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_browser_sessions_user_id')),
    sa.PrimaryKeyConstraint('token_digest', name=op.f('pk_browser_sessions')),
    sa.UniqueConstraint('public_id', name=op.f('uq_browser_sessions_public_id'))
    )
    with op.batch_alter_table('browser_sessions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_browser_sessions_user_id'), ['user_id'], unique=False)

    op.create_table('connect_links',
    sa.Column('token_digest', sa.String(length=64), nullable=False),
    sa.Column('store_id', sa.Integer(), nullable=False),
    sa.Column('created_by', sa.String(length=320), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_connect_links_store_id')),
    sa.PrimaryKeyConstraint('token_digest', name=op.f('pk_connect_links'))
    )
    with op.batch_alter_table('connect_links', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_connect_links_store_id'), ['store_id'], unique=False)

    op.create_table('invite_links',
    sa.Column('token_digest', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.String(length=36), nullable=False),
    sa.Column('purpose', sa.String(length=20), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("purpose IN ('invite', 'reset')", name=op.f('ck_invite_links_purpose')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_invite_links_user_id')),
    sa.PrimaryKeyConstraint('token_digest', name=op.f('pk_invite_links'))
    )
    with op.batch_alter_table('invite_links', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_invite_links_user_id'), ['user_id'], unique=False)

    op.create_table('logs',
    sa.Column('id', sa.String(length=36), nullable=False),
    sa.Column('user_id', sa.String(length=36), nullable=True),
    sa.Column('platform', sa.String(length=20), nullable=True),
    sa.Column('action', sa.String(length=100), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('message', sa.Text(), nullable=True),
    sa.Column('request_payload', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=True),
    sa.Column('response_payload', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=True),
    sa.Column('ip_address', sa.String(length=50), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.String(length=320), nullable=True),
    sa.Column('subject', sa.String(length=320), nullable=True),
    sa.Column('request_id', sa.String(length=64), nullable=True),
    sa.CheckConstraint("status IN ('success', 'failure')", name=op.f('ck_logs_status')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_logs_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_logs'))
    )
    with op.batch_alter_table('logs', schema=None) as batch_op:
        batch_op.create_index('ix_logs_created_at', ['created_at'], unique=False)
        batch_op.create_index('ix_logs_user_id_created_at', ['user_id', 'created_at'], unique=False)

    op.create_table('pending_accounts',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('token_digest', sa.String(length=64), nullable=False),
    sa.Column('store_code', sa.String(length=50), nullable=False),
    sa.Column('account_identifier', sa.String(length=255), nullable=False),
    sa.Column('actor', sa.String(length=320), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('encrypted_access_token', sa.Text(), nullable=True),
    sa.Column('encrypted_refresh_token', sa.Text(), nullable=True),
    sa.Column('token_expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('refresh_token_expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('token_renewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('scopes', sa.Text(), nullable=False),
    sa.Column('refresh_lease_until', sa.Float(), nullable=True),
    sa.Column('refresh_fence', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['store_code'], ['stores.store_code'], name=op.f('fk_pending_accounts_store_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pending_accounts')),
    sa.UniqueConstraint('token_digest', name=op.f('uq_pending_accounts_token_digest'))
    )
    op.create_table('store_accounts',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('store_code', sa.String(length=50), nullable=False),
    sa.Column('platform', sa.String(length=50), nullable=False),
    sa.Column('account_identifier', sa.String(length=255), nullable=True),
    sa.Column('status', sa.String(length=50), nullable=False),
    sa.Column('connected_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_sync_time', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('cause', sa.String(length=40), nullable=True),
    sa.Column('cause_detail', sa.Text(), nullable=True),
    sa.Column('status_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failed_nights', sa.Integer(), nullable=False),
    sa.Column('last_failed_day', sa.Integer(), nullable=True),
    sa.Column('display_name', sa.String(length=255), nullable=True),
    sa.Column('avatar_url', sa.Text(), nullable=True),
    sa.Column('username', sa.String(length=255), nullable=True),
    sa.Column('connected_by', sa.String(length=320), nullable=True),
    sa.Column('encrypted_access_token', sa.Text(), nullable=True),
    sa.Column('encrypted_refresh_token', sa.Text(), nullable=True),
    sa.Column('token_expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('refresh_token_expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('token_renewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('scopes', sa.Text(), nullable=False),
    sa.Column('refresh_lease_until', sa.Float(), nullable=True),
    sa.Column('refresh_fence', sa.Integer(), nullable=False),
    sa.CheckConstraint("status IN ('CONNECTED', 'NEED_RECONNECT', 'ERROR', 'DISABLED', 'NOT_CONNECTED')", name=op.f('ck_store_accounts_status')),
    sa.ForeignKeyConstraint(['store_code'], ['stores.store_code'], name=op.f('fk_store_accounts_store_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_store_accounts'))
    )
    with op.batch_alter_table('store_accounts', schema=None) as batch_op:
        batch_op.create_index('ix_store_accounts_status', ['status'], unique=False)
        batch_op.create_index('uq_store_accounts_identifier', ['platform', 'account_identifier'], unique=True, sqlite_where=sa.text("status <> 'NOT_CONNECTED'"), postgresql_where=sa.text("status <> 'NOT_CONNECTED'"))
        batch_op.create_index('uq_store_accounts_store_platform', ['store_code', 'platform'], unique=True)

    op.create_table('sync_items',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('run_id', sa.Integer(), nullable=False),
    sa.Column('store_id', sa.Integer(), nullable=False),
    sa.Column('job', sa.String(length=20), nullable=False),
    sa.Column('cause', sa.String(length=40), nullable=True),
    sa.Column('message', sa.Text(), nullable=True),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('trying_again', sa.Boolean(), nullable=False),
    sa.Column('refresh_state', sa.String(length=10), nullable=True),
    sa.Column('user_state', sa.String(length=10), nullable=True),
    sa.Column('video_state', sa.String(length=10), nullable=True),
    sa.Column('followers', sa.BigInteger(), nullable=True),
    sa.Column('videos', sa.Integer(), nullable=True),
    sa.Column('records', sa.Integer(), nullable=False),
    sa.Column('duration_ms', sa.Integer(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('lease_until', sa.Float(), nullable=True),
    sa.Column('owner', sa.String(length=64), nullable=True),
    sa.Column('fence', sa.Integer(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'skipped', 'cancelled')", name=op.f('ck_sync_items_state')),
    sa.ForeignKeyConstraint(['run_id'], ['sync_runs.id'], name=op.f('fk_sync_items_run_id')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_sync_items_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sync_items'))
    )
    with op.batch_alter_table('sync_items', schema=None) as batch_op:
        batch_op.create_index('ix_sync_items_run_id_state', ['run_id', 'state'], unique=False)
        batch_op.create_index('ix_sync_items_state_lease_until', ['state', 'lease_until'], unique=False)
        batch_op.create_index('ix_sync_items_store_id', ['store_id'], unique=False)
        batch_op.create_index('uq_sync_items_live', ['store_id', 'job'], unique=True, sqlite_where=sa.text("state IN ('queued', 'running')"), postgresql_where=sa.text("state IN ('queued', 'running')"))
        batch_op.create_index('uq_sync_items_running', ['store_id'], unique=True, sqlite_where=sa.text("state = 'running'"), postgresql_where=sa.text("state = 'running'"))

    op.create_table('tiktok_user_daily',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('store_code', sa.String(length=50), nullable=False),
    sa.Column('snapshot_date', sa.Date(), nullable=False),
    sa.Column('follower_count', sa.BigInteger(), nullable=True),
    sa.Column('following_count', sa.BigInteger(), nullable=True),
    sa.Column('likes_count', sa.BigInteger(), nullable=True),
    sa.Column('video_count', sa.BigInteger(), nullable=True),
    sa.Column('display_name', sa.String(length=255), nullable=True),
    sa.Column('avatar_url', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_code'], ['stores.store_code'], name=op.f('fk_tiktok_user_daily_store_code')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tiktok_user_daily')),
    sa.UniqueConstraint('store_code', 'snapshot_date', name=op.f('uq_tiktok_user_daily_store_code_snapshot_date'))
    )
    with op.batch_alter_table('tiktok_user_daily', schema=None) as batch_op:
        batch_op.create_index('ix_tiktok_user_daily_snapshot_date', ['snapshot_date'], unique=False)

    op.create_table('user_stores',
    sa.Column('user_id', sa.String(length=36), nullable=False),
    sa.Column('store_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_user_stores_store_id')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_user_stores_user_id')),
    sa.PrimaryKeyConstraint('user_id', 'store_id', name=op.f('pk_user_stores'))
    )
    op.create_table('videos',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('store_id', sa.Integer(), nullable=False),
    sa.Column('video_id', sa.String(length=255), nullable=False),
    sa.Column('caption', sa.Text(), nullable=True),
    sa.Column('created_time', sa.DateTime(timezone=True), nullable=True),
    sa.Column('duration', sa.Integer(), nullable=True),
    sa.Column('cover_url', sa.Text(), nullable=True),
    sa.Column('cover_fetched_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('share_url', sa.Text(), nullable=True),
    sa.Column('first_seen', sa.Integer(), nullable=False),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_videos_store_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_videos')),
    sa.UniqueConstraint('store_id', 'video_id', name=op.f('uq_videos_store_id_video_id'))
    )
    op.create_index("uq_users_email_lower", "users", [sa.text("lower(email)")], unique=True)
    op.create_index(
        "uq_stores_store_code_lower", "stores", [sa.text("lower(store_code)")], unique=True
    )
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_video_daily_day", "video_daily", ["day", "store_id", "video_id"])


def downgrade() -> None:
    op.drop_table('videos')
    op.drop_table('user_stores')
    with op.batch_alter_table('tiktok_user_daily', schema=None) as batch_op:
        batch_op.drop_index('ix_tiktok_user_daily_snapshot_date')

    op.drop_table('tiktok_user_daily')
    with op.batch_alter_table('sync_items', schema=None) as batch_op:
        batch_op.drop_index('uq_sync_items_running', sqlite_where=sa.text("state = 'running'"), postgresql_where=sa.text("state = 'running'"))
        batch_op.drop_index('uq_sync_items_live', sqlite_where=sa.text("state IN ('queued', 'running')"), postgresql_where=sa.text("state IN ('queued', 'running')"))
        batch_op.drop_index('ix_sync_items_store_id')
        batch_op.drop_index('ix_sync_items_state_lease_until')
        batch_op.drop_index('ix_sync_items_run_id_state')

    op.drop_table('sync_items')
    with op.batch_alter_table('store_accounts', schema=None) as batch_op:
        batch_op.drop_index('uq_store_accounts_store_platform')
        batch_op.drop_index('uq_store_accounts_identifier', sqlite_where=sa.text("status <> 'NOT_CONNECTED'"), postgresql_where=sa.text("status <> 'NOT_CONNECTED'"))
        batch_op.drop_index('ix_store_accounts_status')

    op.drop_table('store_accounts')
    op.drop_table('pending_accounts')
    with op.batch_alter_table('logs', schema=None) as batch_op:
        batch_op.drop_index('ix_logs_user_id_created_at')
        batch_op.drop_index('ix_logs_created_at')

    op.drop_table('logs')
    with op.batch_alter_table('invite_links', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_invite_links_user_id'))

    op.drop_table('invite_links')
    with op.batch_alter_table('connect_links', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_connect_links_store_id'))

    op.drop_table('connect_links')
    with op.batch_alter_table('browser_sessions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_browser_sessions_user_id'))

    op.drop_table('browser_sessions')
    with op.batch_alter_table('video_latest', schema=None) as batch_op:
        batch_op.drop_index('ix_video_latest_growth_7d')

    op.drop_table('video_latest')
    op.drop_table('video_daily')
    op.drop_table('users')
    with op.batch_alter_table('sync_runs', schema=None) as batch_op:
        batch_op.drop_index('ix_sync_runs_state')
        batch_op.drop_index('ix_sync_runs_created_at')

    op.drop_table('sync_runs')
    with op.batch_alter_table('sync_logs', schema=None) as batch_op:
        batch_op.drop_index('ix_sync_logs_store_code_run_time')
        batch_op.drop_index('ix_sync_logs_run_time')

    op.drop_table('sync_logs')
    op.drop_table('stores')
    with op.batch_alter_table('store_latest', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_store_latest_views_w'))

    op.drop_table('store_latest')
    with op.batch_alter_table('store_daily', schema=None) as batch_op:
        batch_op.drop_index('ix_store_daily_day_store_id')

    op.drop_table('store_daily')
    op.drop_table('schedule_slots')
    op.drop_table('provider_events')
    op.drop_table('oauth_states')
    op.drop_table('leases')
    op.drop_table('day_total')
    op.drop_table('blocks')
    op.drop_table('api_keys')
