//! The few things of JavaScript's own that are needed, without the thousands of bindings of js-sys.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A new plain object.
    #[wasm_bindgen(js_name = Object)]
    type JsObject;
    #[wasm_bindgen(constructor, js_class = "Object")]
    fn new() -> JsObject;

    /// A new array.
    #[wasm_bindgen(js_name = Array)]
    pub(crate) type JsArray;
    #[wasm_bindgen(constructor, js_class = "Array")]
    pub(crate) fn new() -> JsArray;
    #[wasm_bindgen(method)]
    pub(crate) fn push(this: &JsArray, value: &JsValue) -> u32;

    /// A new error.
    #[wasm_bindgen(js_name = Error)]
    type JsFault;
    #[wasm_bindgen(constructor, js_class = "Error")]
    fn new(message: &str) -> JsFault;

    #[wasm_bindgen(js_namespace = Reflect)]
    fn set(target: &JsValue, key: &JsValue, value: &JsValue) -> bool;

    /// Anything with a length, and bytes at numbers.
    pub(crate) type Lengthy;
    #[wasm_bindgen(method, getter, catch)]
    pub(crate) fn length(this: &Lengthy) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(crate) fn at(this: &Lengthy, index: f64) -> Result<f64, JsValue>;
}

/// An object with these properties.
pub(crate) fn object<'a>(properties: impl IntoIterator<Item = (&'a str, JsValue)>) -> JsValue {
    with_properties(JsObject::new().into(), properties)
}

/// An `Error` with these properties.
pub(crate) fn error<'a>(message: &str, properties: impl IntoIterator<Item = (&'a str, JsValue)>) -> JsValue {
    with_properties(JsFault::new(message).into(), properties)
}

/// An array of these values.
pub(crate) fn array(values: impl IntoIterator<Item = JsValue>) -> JsValue {
    let array = JsArray::new();
    for value in values {
        array.push(&value);
    }
    array.into()
}

fn with_properties<'a>(target: JsValue, properties: impl IntoIterator<Item = (&'a str, JsValue)>) -> JsValue {
    for (key, value) in properties {
        // A property of a new object can always be set.
        set(&target, &key.into(), &value);
    }
    target
}
