//! A synthetic old database: the same counts, the same fields, the same anomalies.
//!
//! It depends on the seed alone. Every document can be generated without any other, so a corpus of a hundred
//! times the size needs no more memory: it consists of a hundred worlds of 125,635 documents each, with no
//! references between them.

mod anomalies;
mod attachments;
mod calls;
mod collections;
mod content;
mod conversations;
mod fields;
mod layout;
mod links;
mod messages;
mod name;
mod notifications;
mod people;
mod random;
mod sentences;
mod statuses;
mod uploads;
mod world;

pub use anomalies::{Anomaly, Kind};
pub use people::{PASSWORD, PEOPLE};

use crate::dump::{Index, Outgoing};
use bcrypt::Version;
use bson::RawDocumentBuf;
use bson::oid::ObjectId;
use collections::COLLECTIONS;
use layout::Layout;
use name::Name;
use random::Random;
use std::io;
use std::path::Path;
use world::{Collection, World};

/// Documents of the old database, and of each world.
pub const DOCUMENTS: usize = 125_635;

/// Calls that exist under both names of their collection.
const RENAMED: usize = 5;

/// A synthetic old database.
pub struct Corpus {
    seed: u64,
    worlds: usize,
    layout: Layout,
    hashes: [String; 2],
    both_names: bool,
}

impl Corpus {
    /// A database of `scale` times the old one's size. Hashes two passwords, which takes half a second.
    #[must_use]
    pub fn new(seed: u64, scale: usize) -> Self {
        let salt = |of| {
            let mut random = Random::of(&[seed, 2, of]);
            let (high, low) = (random.next(), random.next());
            (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
        };
        let hash = |cost: u32| {
            bcrypt::hash_with_salt(PASSWORD, cost, salt(cost.into()))
                .expect("a cost and a length that bcrypt takes")
                .format_for_version(Version::TwoB)
        };
        Self {
            seed,
            worlds: scale,
            layout: Layout::new(seed),
            hashes: [hash(10), hash(12)],
            both_names: false,
        }
    }

    /// The names of the 31 collections and their numbers of documents.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, usize)> {
        COLLECTIONS.iter().map(|collection| (collection.name, collection.count * self.worlds))
    }

    /// All collections, to be written.
    pub fn outgoing(&self) -> Vec<Outgoing<'_>> {
        let renamed = Outgoing {
            name: "CallSession".to_owned(),
            indexes: Vec::new(),
            documents: Box::new((0..RENAMED).map(|at| Ok(calls::renamed(&self.world(0), at)))),
        };
        COLLECTIONS
            .iter()
            .map(|collection| Outgoing {
                name: collection.name.to_owned(),
                indexes: indexes(collection),
                documents: Box::new(self.documents(collection).map(Ok)),
            })
            .chain(self.both_names.then_some(renamed))
            .collect()
    }

    /// Adds a thirty-second collection: some calls again, under the name that the next version of the old
    /// system gave to `call_sessions`. The last of them differs.
    #[must_use]
    pub fn with_both_names(self) -> Self {
        Self { both_names: true, ..self }
    }

    /// The positions of the anomalies, the same in each world.
    pub fn anomalies(&self) -> impl Iterator<Item = Anomaly> {
        (0..self.worlds).flat_map(move |number| {
            let world = self.world(number);
            anomalies::PLANTED.iter().filter_map(move |planted| {
                let id = document(&world, planted.of, planted.at).get_object_id("_id").ok()?;
                Some(Anomaly { kind: planted.kind, collection: COLLECTIONS[planted.of as usize].name, id })
            })
        })
    }

    /// The id of one of [`PEOPLE`], or `None` for other names.
    #[must_use]
    pub fn person(&self, username: &str) -> Option<ObjectId> {
        let at = PEOPLE.iter().position(|name| *name == username)?;
        Some(self.world(0).user(at))
    }

    /// Writes the files of the attachments of the first world in the layout of the old system's folder of
    /// uploads.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write_uploads(&self, folder: &Path) -> io::Result<()> {
        uploads::write(&self.world(0), folder)
    }

    fn documents<'a>(&'a self, of: &'static Collection) -> impl Iterator<Item = RawDocumentBuf> + 'a {
        (0..self.worlds).flat_map(move |number| {
            let world = self.world(number);
            (0..of.count).map(move |at| document(&world, of.of, at))
        })
    }

    fn world(&self, number: usize) -> World<'_> {
        World {
            seed: self.seed,
            number,
            layout: &self.layout,
            hashes: &self.hashes,
            collections: &COLLECTIONS,
        }
    }
}

/// A document with its anomalies.
fn document(world: &World<'_>, of: Name, at: usize) -> RawDocumentBuf {
    let mut planted = anomalies::at(of, at).peekable();
    if planted.peek().is_none() {
        return world.clean(of, at);
    }
    let mut document = world.parsed(of, at);
    planted.for_each(|planted| planted.edit(world, &mut document));
    RawDocumentBuf::try_from(document).expect("a document with anomalies is still BSON")
}

fn indexes(collection: &Collection) -> Vec<Index> {
    if collection.unique.is_empty() {
        return Vec::new();
    }
    vec![Index {
        name: format!("{}_{}_key", collection.name, collection.unique.join("_")),
        fields: collection.unique.iter().map(|field| ((*field).to_owned(), 1)).collect(),
        unique: true,
    }]
}
