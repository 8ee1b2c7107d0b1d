-- The two tables of every outbox. A service's migration makes them; the runtime role needs
-- SELECT, INSERT, DELETE on both. Rows leave outbox_event within milliseconds, so autovacuum must not wait for
-- a fifth of the table to die: a poll would walk over the dead rows.
create table outbox_event (
    id                bigint generated always as identity primary key,
    event_id          uuid        not null unique,
    subject           text        not null,
    aggregate_id      text        not null,
    aggregate_version bigint      not null,
    headers           jsonb       not null,
    payload           bytea       not null,
    created_at        timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create table outbox_sent (
    id         bigint primary key,
    event_id   uuid        not null unique,
    subject    text        not null,
    stream     text        not null,
    stream_seq bigint      not null,
    headers    jsonb       not null,
    payload    bytea       not null,
    created_at timestamptz not null,
    sent_at    timestamptz not null default now()
);
create index outbox_sent_stream_seq on outbox_sent (stream, stream_seq);
