-- Rows and their indicators. The Python service never wrote SQLite, so there is nothing to adopt here.
-- Prices are micro-dollars and times milliseconds since 1970-01-01T00:00:00Z, both exact integers.

create table equity_data (
    id          integer primary key, -- kept for readers of the Python service; means nothing
    ticker      text    not null, -- upper case, no '|', at most 32 characters
    timestamp   integer not null, -- start of the bar, ms; it covers [timestamp, timestamp + bar_seconds)
    price       integer not null, -- close, micro-dollars
    volume      integer not null, -- whole shares traded in the bar
    created_at  integer not null default (cast(round(unixepoch('subsec') * 1000) as integer)), -- when the row was first stored, ms
    open        integer not null, -- first price, micro-dollars
    high        integer not null, -- highest price, micro-dollars
    low         integer not null, -- lowest price, micro-dollars; as given, not checked against the other three
    bar_seconds integer not null, -- length of the bar: 1 for a stored second, 60 for a candle
    source      text    not null, -- who wrote the row
    constraint equity_data_ticker_timestamp_key unique (ticker, timestamp),
    constraint equity_data_ticker_check check (
        ticker = upper(ticker) and instr(ticker, '|') = 0 and length(ticker) between 1 and 32),
    constraint equity_data_prices_check check (
        price between 0 and 10000000000000 and open between 0 and 10000000000000
        and high between 0 and 10000000000000 and low between 0 and 10000000000000),
    constraint equity_data_volume_check check (volume between 0 and 10000000000000),
    constraint equity_data_bar_seconds_check check (bar_seconds > 0),
    constraint equity_data_source_check check (source in ('stream', 'backfill', 'replay', 'legacy'))
) strict;

create table indicators (
    ticker      text    not null, -- as in equity_data
    timestamp   integer not null, -- start of the bar, ms
    bar_seconds integer not null, -- the series: a bar of a second and one of a minute may start together
    sma9        real,             -- US dollars; null before the session's ninth bar
    vwap        real,             -- US dollars; null while the session's volume is 0
    rule        text    not null, -- what the values mean, as 'sma9xvwap-close/1'
    created_at  integer not null default (cast(round(unixepoch('subsec') * 1000) as integer)), -- when the row was first stored, ms
    constraint indicators_key primary key (ticker, bar_seconds, timestamp),
    constraint indicators_ticker_check check (
        ticker = upper(ticker) and instr(ticker, '|') = 0 and length(ticker) between 1 and 32),
    constraint indicators_bar_seconds_check check (bar_seconds > 0)
) strict, without rowid;
