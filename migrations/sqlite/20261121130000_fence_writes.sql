-- Only the process that holds a lease may write under it: one that slept through its end must not change what the next one
-- has stored.

alter table leases add column tenure integer not null default 0; -- counts takeovers: a write names the one it belongs to
