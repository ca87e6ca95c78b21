//! Sets and maps as sorted lists. Imports nothing of the crate.
//!
//! They stay small here (tens to some thousands of entries), and so does their code: every instance of the standard library's trees and hash tables
//! adds some kilobytes to what a browser downloads.

/// A set that is iterated in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set<T>(Vec<T>);

impl<T: Copy + Ord> Set<T> {
    /// Without members.
    pub fn new() -> Set<T> {
        Set(Vec::new())
    }

    /// Adds a member; says whether it is new.
    pub fn insert(&mut self, member: T) -> bool {
        let place = self.0.binary_search(&member);
        if let Err(place) = place {
            self.0.insert(place, member);
        }
        place.is_err()
    }

    /// Whether it is a member.
    pub fn contains(&self, member: T) -> bool {
        self.0.binary_search(&member).is_ok()
    }

    /// Takes a member out, if it is one.
    pub fn remove(&mut self, member: T) {
        if let Ok(place) = self.0.binary_search(&member) {
            self.0.remove(place);
        }
    }

    /// Adds the members of another.
    pub fn add_all(&mut self, other: &Set<T>) {
        other.iter().for_each(|member| {
            self.insert(member);
        });
    }

    /// The members, in ascending order.
    pub fn iter(&self) -> std::iter::Copied<std::slice::Iter<'_, T>> {
        self.0.iter().copied()
    }

    /// Number of members.
    #[allow(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T: Copy + Ord> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> Set<T> {
        let mut set = Set::new();
        members.into_iter().for_each(|member| {
            set.insert(member);
        });
        set
    }
}

impl<T> Default for Set<T> {
    fn default() -> Set<T> {
        Set(Vec::new())
    }
}

impl<T> IntoIterator for Set<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> std::vec::IntoIter<T> {
        self.0.into_iter()
    }
}

/// A map that is iterated in ascending order of its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Map<K, V>(Vec<(K, V)>);

impl<K: Ord, V> Map<K, V> {
    /// Without entries.
    pub fn new() -> Map<K, V> {
        Map(Vec::new())
    }

    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.0.binary_search_by(|(k, _)| k.borrow().cmp(key))
    }

    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.place(key).ok().map(|place| &self.0[place].1)
    }

    /// The value of a key, after `make` has made it if there was none.
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let place = match self.place(&key) {
            Ok(place) => place,
            Err(place) => {
                self.0.insert(place, (key, make()));
                place
            }
        };
        &mut self.0[place].1
    }

    /// Gives a key this value.
    pub fn insert(&mut self, key: K, value: V) {
        match self.place(&key) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => self.0.insert(place, (key, value)),
        }
    }

    /// Takes a key's value out.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.place(key).ok().map(|place| self.0.remove(place).1)
    }

    /// Keeps the entries that pass.
    pub fn retain(&mut self, mut passes: impl FnMut(&K, &V) -> bool) {
        self.0.retain(|(key, value)| passes(key, value));
    }

    /// The entries, in ascending order of their keys.
    pub fn iter(&self) -> std::slice::Iter<'_, (K, V)> {
        self.0.iter()
    }

    /// All entries, in ascending order of their keys; none is left.
    pub fn take(&mut self) -> Vec<(K, V)> {
        std::mem::take(&mut self.0)
    }
}

impl<K: Ord + std::borrow::Borrow<Q>, Q: Ord + ?Sized, V> std::ops::Index<&Q> for Map<K, V> {
    type Output = V;

    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("the key has a value")
    }
}

impl<K: Ord, V> Default for Map<K, V> {
    fn default() -> Map<K, V> {
        Map::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use std::collections::{BTreeMap, BTreeSet};

    /// Proves: after any sequence of changes both hold what the standard library's trees hold, in the same order.
    #[test]
    fn as_the_standard_trees() {
        let mut random = Random::new(1, 2);
        let (mut set, mut tree) = (Set::new(), BTreeSet::new());
        let (mut map, mut leaves) = (Map::new(), BTreeMap::new());
        for n in 0..2000 {
            let key = random.below(50);
            match random.below(3) {
                0 => {
                    set.remove(key);
                    tree.remove(&key);
                    assert_eq!(map.remove(&key), leaves.remove(&key));
                }
                1 => {
                    assert_eq!(set.insert(key), tree.insert(key));
                    map.insert(key, n);
                    leaves.insert(key, n);
                }
                _ => {
                    *map.get_or_insert_with(key, || 7) += 1;
                    *leaves.entry(key).or_insert(7) += 1;
                }
            }
            assert_eq!((set.contains(key), set.len()), (tree.contains(&key), tree.len()));
            assert_eq!(map.get(&key), leaves.get(&key));
        }
        assert!(set.iter().eq(tree.iter().copied()));
        assert!(map.iter().map(|(k, v)| (k, v)).eq(&leaves));
        map.retain(|key, _| key % 2 == 0);
        assert!(map.take().into_iter().eq(leaves.into_iter().filter(|(key, _)| key % 2 == 0)));
    }
}
