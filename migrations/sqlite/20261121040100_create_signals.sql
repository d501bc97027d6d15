-- The ledger of crosses: every event is added once and stays as it is. A cross is in force when the event
-- with its id's highest seq is 'confirmed'.

create table signals (
    id          text    not null, -- 32 hex digits: hash of ticker, bar_seconds, timestamp, direction and rule
    seq         integer not null, -- counts the events of an id from 1
    event       text    not null, -- 'confirmed', or 'withdrawn' when revised rows removed the cross
    ticker      text    not null, -- as in equity_data
    bar_seconds integer not null, -- the series
    timestamp   integer not null, -- start of the bar that crossed, ms
    direction   text    not null, -- 'up': SMA9 rose above VWAP; 'down': it fell below
    price       integer not null, -- the bar's close as known at recorded_at, micro-dollars
    sma9        real    not null, -- as known at recorded_at, US dollars
    vwap        real    not null, -- as known at recorded_at, US dollars
    rule        text    not null, -- as in indicators
    late        integer not null, -- 1: the bar had closed more than 60 s before: for the record, not for alerts or trades
    recorded_at integer not null, -- when the event was added, ms
    constraint signals_key primary key (id, seq),
    constraint signals_id_check check (length(id) = 32 and id not glob '*[^0-9a-f]*'),
    constraint signals_ticker_check check (
        ticker = upper(ticker) and instr(ticker, '|') = 0 and length(ticker) between 1 and 32),
    constraint signals_bar_seconds_check check (bar_seconds > 0),
    constraint signals_direction_check check (direction in ('up', 'down')),
    constraint signals_price_check check (price between 0 and 10000000000000),
    constraint signals_late_check check (late in (0, 1)),
    constraint signals_event_check check (
        seq > 0 and event = case when seq % 2 = 1 then 'confirmed' else 'withdrawn' end)
) strict, without rowid;

create index signals_ticker_timestamp_idx on signals (ticker, timestamp);

create trigger signals_refuse_update before update on signals
begin
    select raise(abort, 'signals is append-only: UPDATE is refused');
end;

create trigger signals_refuse_delete before delete on signals
begin
    select raise(abort, 'signals is append-only: DELETE is refused');
end;

-- `insert or replace` deletes the row it replaces without a delete trigger, so a second insert of a key is
-- refused as such, whatever its conflict clause. Writers ask `where not exists` first.
create trigger signals_refuse_replace before insert on signals
when exists (select 1 from signals where id = new.id and seq = new.seq)
begin
    select raise(abort, 'signals is append-only: the event is there already');
end;
