//! wickra-core's SMA and VWAP behind functions that JavaScript calls.

use wickra_core::{Candle, Indicator, Sma, Vwap};

#[unsafe(no_mangle)]
pub extern "C" fn alloc(bytes: usize) -> *mut u8 {
    Vec::<u64>::with_capacity(bytes.div_ceil(8)).leak().as_mut_ptr().cast()
}

/// One session: prices and volumes in, SMA9, VWAP and crosses out.
///
/// # Safety
/// The pointers lead to `rows` values each, from [`alloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session(
    prices: *const f64,
    volumes: *const f64,
    sma9: *mut f64,
    vwap: *mut f64,
    cross: *mut i8,
    rows: usize,
) {
    let (prices, volumes) = unsafe { (std::slice::from_raw_parts(prices, rows), std::slice::from_raw_parts(volumes, rows)) };
    let (sma9, vwap, cross) = unsafe {
        (
            std::slice::from_raw_parts_mut(sma9, rows),
            std::slice::from_raw_parts_mut(vwap, rows),
            std::slice::from_raw_parts_mut(cross, rows),
        )
    };
    Sma::new(9).expect("a period above 0").batch_nan_into(prices, sma9);
    let mut session = Vwap::new();
    for ((value, price), volume) in vwap.iter_mut().zip(prices).zip(volumes) {
        *value = session.update(candle(*price, *volume)).unwrap_or(f64::NAN);
    }
    let mut last = 0;
    for row in 0..rows {
        let side = i8::from(sma9[row] > vwap[row]) - i8::from(sma9[row] < vwap[row]);
        cross[row] = 0;
        if side != 0 && side != last {
            cross[row] = if last == 0 { 0 } else { side };
            last = side;
        }
    }
}

/// A stream: its two values first, where JavaScript reads them.
#[repr(C)]
pub struct Stream {
    sma9: f64,
    vwap: f64,
    last: i32,
    sma: Sma,
    session: Vwap,
}

#[unsafe(no_mangle)]
pub extern "C" fn stream_new() -> *mut Stream {
    let sma = Sma::new(9).expect("a period above 0");
    Box::into_raw(Box::new(Stream { sma9: f64::NAN, vwap: f64::NAN, last: 0, sma, session: Vwap::new() }))
}

/// # Safety
/// `stream` is from [`stream_new`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stream_push(stream: *mut Stream, price: f64, volume: f64) -> i32 {
    let stream = unsafe { &mut *stream };
    stream.sma9 = stream.sma.update(price).unwrap_or(f64::NAN);
    stream.vwap = stream.session.update(candle(price, volume)).unwrap_or(f64::NAN);
    let side = i32::from(stream.sma9 > stream.vwap) - i32::from(stream.sma9 < stream.vwap);
    if side == 0 || side == stream.last {
        return 0;
    }
    let cross = if stream.last == 0 { 0 } else { side };
    stream.last = side;
    cross
}

/// # Safety
/// `stream` is from [`stream_new`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stream_reset(stream: *mut Stream) {
    let stream = unsafe { &mut *stream };
    stream.sma.reset();
    stream.session.reset();
    stream.last = 0;
}

/// # Safety
/// `stream` is from [`stream_new`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stream_free(stream: *mut Stream) {
    drop(unsafe { Box::from_raw(stream) });
}

/// A candle of one price, unchecked: the quickest way to a VWAP of closes.
#[inline]
fn candle(price: f64, volume: f64) -> Candle {
    Candle::new_unchecked(price, price, price, price, volume, 0)
}
