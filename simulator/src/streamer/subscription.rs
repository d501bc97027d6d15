//! The symbols and fields that a connection has subscribed to, of one service.

use std::collections::{BTreeSet, HashSet};

use crate::value::Value;

/// The subscription to one service.
#[derive(Debug, Default)]
pub(crate) struct Subscription<S> {
    /// In the order in which they were subscribed to.
    pub(crate) keys: Vec<Key<S>>,
    pub(crate) fields: BTreeSet<usize>,
}

/// One symbol, and what the client was told of it.
#[derive(Debug)]
pub(crate) struct Key<S> {
    /// As sent.
    pub(crate) symbol: String,
    pub(crate) source: S,
    /// The value of each field that the client knows.
    pub(crate) told: Vec<Option<Value>>,
    /// Whether the first image is sent.
    pub(crate) is_imaged: bool,
    /// The total volume that the client knows.
    pub(crate) told_volume: Option<i64>,
}

/// Symbols that were asked for beyond the limit.
pub(crate) type Discarded = usize;

impl<S> Subscription<S> {
    /// SUBS: these symbols and fields, and no others.
    pub(crate) fn replace(
        &mut self,
        symbols: Vec<String>,
        fields: Vec<usize>,
        limit: usize,
        find: impl Fn(&str) -> S,
    ) -> Discarded {
        *self = Self { keys: Vec::new(), fields: BTreeSet::new() };
        self.add(symbols, fields, limit, find)
    }

    /// ADD: these symbols and fields too.
    pub(crate) fn add(
        &mut self,
        symbols: Vec<String>,
        fields: Vec<usize>,
        limit: usize,
        find: impl Fn(&str) -> S,
    ) -> Discarded {
        self.fields.extend(fields);
        let mut known: HashSet<String> = self.keys.iter().map(|key| key.symbol.clone()).collect();
        let mut discarded = 0;
        for symbol in symbols {
            if known.contains(&symbol) {
                continue;
            }
            if self.keys.len() >= limit {
                discarded += 1;
                continue;
            }
            known.insert(symbol.clone());
            let source = find(&symbol);
            self.keys.push(Key { symbol, source, told: Vec::new(), is_imaged: false, told_volume: None });
        }
        discarded
    }

    /// UNSUBS: these symbols no more.
    pub(crate) fn remove(&mut self, symbols: &[String]) {
        self.keys.retain(|key| !symbols.contains(&key.symbol));
    }

    /// VIEW: these fields, and no others.
    pub(crate) fn view(&mut self, fields: Vec<usize>) {
        self.fields = fields.into_iter().collect();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl<S> Key<S> {
    /// Whether a field's value is news to the client, which from now on knows it.
    pub(crate) fn tell(&mut self, number: usize, value: &Value) -> bool {
        if self.told.len() <= number {
            self.told.resize(number + 1, None);
        }
        let is_news = self.told[number].as_ref() != Some(value);
        if is_news {
            self.told[number] = Some(value.clone());
        }
        is_news
    }

    /// Makes the client not know a field.
    pub(crate) fn untell(&mut self, number: usize) {
        if let Some(told) = self.told.get_mut(number) {
            *told = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn keys(subscription: &Subscription<()>) -> String {
        subscription.keys.iter().map(|key| key.symbol.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn subs_replaces_and_add_appends() {
        let mut subscription = Subscription::default();
        assert_eq!(subscription.add(symbols("A B"), vec![1, 3], 3, |_| ()), 0, "ADD works first, too");
        subscription.keys[0].is_imaged = true;
        assert_eq!(subscription.add(symbols("B A C D E"), vec![8], 3, |_| ()), 2);
        assert_eq!(keys(&subscription), "A B C");
        assert!(subscription.keys[0].is_imaged, "a known key keeps its image");
        assert_eq!(subscription.fields, [1, 3, 8].into());
        subscription.remove(&symbols("B X"));
        assert_eq!(keys(&subscription), "A C");
        subscription.view(vec![2]);
        assert_eq!(subscription.fields, [2].into());
        assert_eq!(subscription.replace(symbols("A"), vec![3], 3, |_| ()), 0);
        assert_eq!(keys(&subscription), "A");
        assert!(!subscription.keys[0].is_imaged && subscription.fields == [3].into());
    }

    #[test]
    fn only_news_is_told() {
        let mut subscription = Subscription::default();
        subscription.add(symbols("A"), vec![1], 3, |_| ());
        let key = &mut subscription.keys[0];
        assert!(key.tell(8, &Value::Int(1)) && !key.tell(8, &Value::Int(1)) && key.tell(8, &Value::Int(2)));
        key.untell(8);
        assert!(key.tell(8, &Value::Int(2)));
    }
}
