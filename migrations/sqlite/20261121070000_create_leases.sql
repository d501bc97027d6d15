-- Who may do what only one process may do at a time, as holding the one streamer connection of an account.

create table leases (
    name       text    not null primary key, -- what is held, as 'streamer'
    holder     text    not null, -- which process; a text of its own making
    expires_at integer not null  -- ms by this machine's clock; the lease is anybody's from then on
) strict, without rowid;
