//! Objects that JavaScript holds by number.

use core::marker::PhantomData;

use alloc::vec::Vec;

use alpha_kite_core::Resampler;
use wasm_bindgen::prelude::*;

use crate::columns::Columns;
use crate::engine::Engine;
use crate::lists::push;
use crate::report::Report;
use crate::shared::Shared;
use crate::status::{Code, Refusal};

/// All objects by number.
static OBJECTS: Shared<Vec<Object>> = Shared::new(Vec::new());

/// An object: a list of one, which stays where it is in memory when there are more objects.
#[derive(Debug)]
pub(crate) enum Object {
    Free,
    Columns(Vec<Columns>),
    Engine(Vec<Engine>),
    Report(Vec<Report>),
    Resampler(Vec<Resampler>),
}

/// What can be held by number.
pub(crate) trait Held: Sized {
    /// The object that is a list of one.
    fn hold(list: Vec<Self>) -> Object;
    /// What an object holds, if it is of this kind.
    fn of(object: &mut Object) -> Option<&mut Self>;
}

macro_rules! held {
    ($($kind:ident)*) => {$(
        impl Held for $kind {
            fn hold(list: Vec<Self>) -> Object {
                Object::$kind(list)
            }

            fn of(object: &mut Object) -> Option<&mut Self> {
                if let Object::$kind(list) = object { list.first_mut() } else { None }
            }
        }
    )*};
}
held!(Columns Engine Report Resampler);

/// Objects of one kind by number. A number that stands for none, or for one of another kind, is refused.
#[derive(Debug)]
pub(crate) struct Slots<T>(PhantomData<fn() -> T>);

impl<T: Held> Slots<T> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }

    /// Keeps an object and returns its number.
    pub(crate) fn insert(&self, object: T) -> Result<i32, Refusal> {
        let mut list = Vec::new();
        push(&mut list, object)?;
        place(T::hold(list))
    }

    /// Does something with an object.
    #[inline]
    pub(crate) fn with<R>(&self, number: u32, act: impl FnOnce(&mut T) -> Result<R, Refusal>) -> Result<R, Refusal> {
        OBJECTS.with(|objects| {
            let object = objects.get_mut(index(number));
            act(object.and_then(T::of).ok_or(Code::Disposed)?)
        })
    }

    /// Does something with an object and columns.
    #[inline]
    pub(crate) fn with_columns<R>(
        &self,
        number: u32,
        columns: u32,
        act: impl FnOnce(&mut T, &mut Columns) -> Result<R, Refusal>,
    ) -> Result<R, Refusal> {
        OBJECTS.with(|objects| {
            let both = [index(number), index(columns)];
            let [object, columns] = objects.get_disjoint_mut(both).map_err(|_| Code::Disposed)?;
            let (object, columns) = T::of(object).zip(Columns::of(columns)).ok_or(Code::Disposed)?;
            act(object, columns)
        })
    }
}

/// Puts an object into a free place, or a new one, and returns its number.
fn place(object: Object) -> Result<i32, Refusal> {
    OBJECTS.with(|objects| {
        let number = objects.iter().position(|object| matches!(object, Object::Free)).unwrap_or(objects.len());
        if number == objects.len() {
            push(objects, Object::Free)?;
        }
        *objects.get_mut(number).ok_or(Code::TooLarge)? = object;
        i32::try_from(number).map_err(|_| Code::TooLarge.into())
    })
}

/// Frees an object.
#[wasm_bindgen]
pub fn object_free(number: u32) {
    let _ = OBJECTS.with(|objects| {
        if let Some(object) = objects.get_mut(index(number)) {
            *object = Object::Free;
        }
        Ok(())
    });
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The number of an object, or the status of the refusal.
pub(crate) fn number(result: Result<i32, Refusal>) -> i32 {
    result.unwrap_or_else(|refusal| refusal.code.as_status())
}

#[cfg(test)]
mod tests {
    use alpha_kite_core::Interval;

    use super::*;

    #[test]
    fn refuses_numbers_that_stand_for_nothing() {
        let slots = Slots::<Resampler>::new();
        let [minute, second] = [Interval::MINUTE, Interval::SECOND].map(Resampler::new);
        let get = |number| slots.with(number, |object| Ok(*object));
        let gone = Err(Code::Disposed.into());
        assert_eq!((slots.insert(minute), slots.insert(second)), (Ok(0), Ok(1)));
        assert_eq!((get(1), get(2), get(u32::MAX)), (Ok(second), gone, gone));
        // Of another kind, or twice the same.
        assert_eq!(Slots::<Columns>::new().with(1, |_| Ok(())), Err(Code::Disposed.into()));
        assert_eq!(slots.with_columns(0, 1, |_, _| Ok(())), Err(Code::Disposed.into()));
        assert_eq!(slots.with_columns(1, 1, |_, _| Ok(())), Err(Code::Disposed.into()));
        object_free(0);
        object_free(0);
        object_free(99);
        assert_eq!((get(0), get(1)), (gone, Ok(second)));
        assert_eq!((slots.insert(minute), get(0)), (Ok(0), Ok(minute)));
    }
}
