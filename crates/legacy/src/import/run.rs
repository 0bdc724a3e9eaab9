//! One import from its beginning to its end.

use super::batch::{self, BATCH, Doomed, Settled, Written};
use super::error::ImportError;
use super::groups::{self, Group, Held, Repeated, key_of};
use super::report::{Conflict, Count, Noticed, Notices, Report};
use super::{anonymise, check, uploads};
use crate::dump::{Collection, Document, Dump};
use crate::mapping::{
    Draft, Fate, Known, Mapper, Rejection, SOURCES, Source, attachments, field::Parent, source_of,
    translations,
};
use bson::{RawBsonRef, RawDocument};
use meeshy_domain::Timestamp;
use meeshy_store::legacy::{self, Entry, Import, Outcome};
use meeshy_store::{Alone, Ending, Tx};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

/// How to import.
#[derive(Debug, Clone)]
pub struct Options {
    /// What time it is.
    pub now: Timestamp,
    /// Everything is done and then undone.
    pub dry_run: bool,
    /// Names, texts and addresses are replaced by made-up ones.
    pub anonymise: bool,
    /// The folder of the old system's files, and the folder that they are copied to.
    pub uploads: Option<(PathBuf, PathBuf)>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// It begins with a collection.
    Collection {
        /// Its name.
        name: &'a str,
        /// How many documents it has.
        documents: u64,
    },
    /// It has taken so many more.
    Documents(u64),
    /// It finds what follows from the rows, and checks them.
    Checking,
    /// It waits for the disk.
    Committing,
}

/// Imports a dump. Either all of it is there afterwards, or nothing is changed.
///
/// # Errors
/// Why it was given up.
pub fn run(
    dump: &Dump,
    database: &mut Alone,
    options: &Options,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Report, ImportError> {
    let mappers = Mappers::new();
    database.transaction(|tx| {
        let last = legacy::newest_import(tx)?;
        let kind = if options.anonymise { "of real people" } else { "anonymised" };
        if let Some(report) = last.as_ref().and_then(|last| serde_json::from_str::<Report>(&last.report).ok())
        {
            if report.anonymised != options.anonymise {
                return Err(ImportError::OtherKind(kind));
            }
            if report.digest == dump.digest().to_string() {
                return Ok((report.repeated(), Ending::Undo));
            }
        }
        let mut run = Run::begin(tx, dump, &mappers, options, last.is_none())?;
        for (index, source) in SOURCES.iter().enumerate() {
            run.source(source, progress)?;
            let go_on = SOURCES.get(index + 1).is_some_and(meets_others);
            if !go_on {
                run.settle_groups()?;
            }
        }
        run.unknown_collections(progress)?;
        progress(Progress::Checking);
        let report = run.finish()?;
        if options.dry_run {
            return Ok((report, Ending::Undo));
        }
        progress(Progress::Committing);
        Ok((report, Ending::Commit))
    })
}

fn meets_others(source: &Source) -> bool {
    source.shape.mappings().iter().any(|mapping| mapping.meets_others)
}

/// A mapper for each mapping.
struct Mappers {
    all: Vec<Mapper>,
    entry: Mapper,
}

impl Mappers {
    fn new() -> Self {
        let mappings = SOURCES.iter().flat_map(|source| source.shape.mappings());
        Self {
            all: mappings.map(|mapping| Mapper::new(mapping)).collect(),
            entry: Mapper::new(&translations::ENTRY),
        }
    }

    /// The mapper of a document, unless it goes to the archive.
    fn of(&self, source: &Source, raw: &RawDocument) -> Option<&Mapper> {
        let mapping = source.shape.of(raw)?;
        self.all.iter().find(|mapper| std::ptr::eq(mapper.mapping, mapping))
    }
}

/// An import under way.
struct Run<'r, 't, 'm> {
    tx: &'r mut Tx<'t>,
    dump: &'r Dump,
    mappers: &'m Mappers,
    options: &'r Options,
    is_first: bool,
    known: Known,
    counts: Vec<Count>,
    notices: Notices,
    report: Report,
    /// Documents that wait to be written, of one collection.
    pending: Vec<Settled<'m>>,
    held: Vec<Held<'m>>,
    claimed: HashSet<String>,
    /// Messages and those they answer, for the time when all messages are there.
    replies: Vec<(String, String)>,
    /// Translations inside of messages: when each was made.
    inside: HashMap<String, Option<i64>>,
    doomed: Vec<Doomed<'m>>,
    /// Documents of each collection that the ledger knew.
    met: HashMap<String, u64>,
    /// A number for each message until it gets its own.
    provisional: i64,
    texts: check::Texts,
}

/// A document on its way.
struct Passing<'a> {
    raw: &'a RawDocument,
    digest: Vec<u8>,
    position: u64,
}

impl<'r, 't, 'm> Run<'r, 't, 'm> {
    fn begin(
        tx: &'r mut Tx<'t>,
        dump: &'r Dump,
        mappers: &'m Mappers,
        options: &'r Options,
        is_first: bool,
    ) -> Result<Self, ImportError> {
        if dump.collection("User").is_none_or(|people| people.documents() == 0) {
            return Err(ImportError::NoPeople);
        }
        if is_first {
            let people = meeshy_store::users::count(tx)?;
            if people > 0 {
                return Err(ImportError::NotEmpty(people));
            }
            legacy::derived::make_room(tx)?;
        }
        let mut known = Known::new(options.now);
        look_ahead(dump, &mut known)?;
        let report =
            Report { digest: dump.digest().to_string(), anonymised: options.anonymise, ..Report::default() };
        Ok(Self {
            tx,
            dump,
            mappers,
            options,
            is_first,
            known,
            counts: Vec::new(),
            notices: Notices::default(),
            report,
            pending: Vec::new(),
            held: Vec::new(),
            claimed: HashSet::new(),
            replies: Vec::new(),
            inside: HashMap::new(),
            doomed: Vec::new(),
            met: HashMap::new(),
            provisional: 0,
            texts: check::Texts::default(),
        })
    }

    /// Takes a collection, under all names that the dump has it under.
    fn source(
        &mut self,
        source: &'static Source,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), ImportError> {
        let dump = self.dump;
        let names = std::iter::once(source.collection).chain(source.other_names.iter().copied());
        let collections: Vec<&Collection> = names.filter_map(|name| dump.collection(name)).collect();
        let documents = collections.iter().map(|collection| collection.documents()).sum();
        if documents == 0 && collections.is_empty() && self.is_first {
            return Ok(());
        }
        self.counts.push(Count {
            collection: source.collection.into(),
            source: documents,
            ..Count::default()
        });
        progress(Progress::Collection { name: source.collection, documents });
        let repeated = self.look_for_repetition(source, &collections)?;
        let mut taken = 0;
        for collection in &collections {
            for document in collection.read()? {
                self.document(source, collection.name(), document?, &repeated)?;
                taken += 1;
                if taken % BATCH as u64 == 0 {
                    self.flush(source.collection)?;
                    progress(Progress::Documents(BATCH as u64));
                }
            }
        }
        self.flush(source.collection)?;
        progress(Progress::Documents(taken % BATCH as u64));
        self.connect_replies()
    }

    /// Reads a collection once before it is taken, where documents may say the same as others or refer to each other.
    fn look_for_repetition(
        &mut self,
        source: &'static Source,
        collections: &[&Collection],
    ) -> Result<Repeated, ImportError> {
        let mut repeated = Repeated::default();
        let mappings = source.shape.mappings();
        let refers_to_itself = mappings.iter().any(|mapping| mapping.refers_to_itself.is_some());
        let may_repeat = mappings.iter().any(|mapping| !mapping.unique.is_empty());
        if !(refers_to_itself || may_repeat || collections.len() > 1) {
            return Ok(repeated);
        }
        for collection in collections {
            for document in collection.read()? {
                let raw = document?.raw;
                let Some(mapper) = self.mappers.of(source, &raw) else { continue };
                let Ok((draft, Fate::Row)) = mapper.map(&raw, &self.known) else { continue };
                if refers_to_itself {
                    remember(&mut self.known, &draft);
                }
                if collections.len() > 1 {
                    repeated.note(&draft.id);
                }
                if let Some(key) = key_of(&draft) {
                    repeated.note(&key);
                }
            }
        }
        repeated.done();
        Ok(repeated)
    }

    fn document(
        &mut self,
        source: &'static Source,
        name: &str,
        document: Document,
        repeated: &Repeated,
    ) -> Result<(), ImportError> {
        let mappers = self.mappers;
        let Document { raw, digest, position } = document;
        let passing = Passing { raw: &raw, digest: digest.as_bytes()[..16].to_vec(), position };
        let Some(mapper) = mappers.of(source, &raw) else {
            let reason = match &source.shape {
                crate::mapping::Shape::Archive(reason) => reason,
                _ => "in no shape that is known",
            };
            self.put_aside(Outcome::Archived, &passing, reason.to_string());
            return Ok(());
        };
        match mapper.map(&raw, &self.known) {
            Err(rejection) => self.reject(&passing, &rejection),
            Ok((_, Fate::Archive(reason))) => self.put_aside(Outcome::Archived, &passing, reason.into()),
            Ok((draft, Fate::Row)) => {
                let says_the_same =
                    repeated.has(&draft.id) || key_of(&draft).is_some_and(|key| repeated.has(&key));
                if says_the_same || mapper.mapping.meets_others {
                    let raw = raw.as_bytes().to_vec();
                    let (collection, name) = (source.collection, name.to_owned());
                    self.held.push(Held { collection, name, draft, raw, digest: passing.digest });
                } else {
                    self.take(source.collection, draft, &passing)?;
                }
            }
        }
        Ok(())
    }

    /// Takes a document as a row.
    fn take(
        &mut self,
        collection: &str,
        mut draft: Draft<'m>,
        passing: &Passing<'_>,
    ) -> Result<(), ImportError> {
        if let Err(rejection) = self.claim(&mut draft) {
            self.reject(passing, &rejection);
            return Ok(());
        }
        let mut replaces = false;
        if collection == "MessageTranslation" {
            match self.compare_with_inside(&draft) {
                Inside::None => {}
                Inside::Older => replaces = true,
                Inside::Newer => {
                    self.put_aside(Outcome::Merged, passing, "the message itself has a newer one".into());
                    return Ok(());
                }
            }
        }
        if self.options.anonymise {
            anonymise::draft(&mut draft);
        }
        remember(&mut self.known, &draft);
        self.texts.add(collection, &draft);
        for notice in &draft.notices {
            self.notices.add(collection, notice.field, notice.what);
        }
        let note = note_of(&draft);
        let entry = Entry {
            id: draft.id.clone(),
            digest: passing.digest.clone(),
            outcome: Outcome::Inserted,
            note,
            rest: draft.rest().map(|rest| rest.as_bytes().to_vec()),
            row_digest: Some(draft.row_digest().to_vec()),
        };
        let is_message = draft.mapper.mapping.parent == Some(Parent::Message);
        if is_message {
            self.prepare_message(&mut draft);
        }
        let parts = if is_message { self.translations_inside(&draft, passing.raw) } else { Vec::new() };
        let raw = (!self.is_first && !self.options.anonymise).then(|| passing.raw.as_bytes().to_vec());
        self.pending.push(Settled { entry, row: Some(draft), raw, replaces });
        if !parts.is_empty() {
            self.flush(collection)?;
            parts.iter().try_for_each(|part| batch::upsert_newer(self.tx, part))?;
        }
        Ok(())
    }

    /// A message has a number of its own until all are there, and answers another one only then.
    fn prepare_message(&mut self, draft: &mut Draft<'m>) {
        self.provisional -= 1;
        draft.set("sequence", self.provisional);
        if let Some(reply_to) = draft.text("reply_to_id").map(str::to_owned) {
            self.replies.push((draft.id.clone(), reply_to));
            draft.set("reply_to_id", None::<String>);
        }
    }

    fn translations_inside(&mut self, message: &Draft<'m>, raw: &RawDocument) -> Vec<Draft<'m>> {
        let mut newest: HashMap<String, Draft<'m>> = HashMap::new();
        for (written, entry) in translations::entries(message, raw, &self.mappers.entry) {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(rejection) => {
                    self.report.reject(
                        "Message.translations",
                        &format!("{} {written}", message.id),
                        rejection.to_string(),
                    );
                    self.notices.add(
                        "Message",
                        "translations",
                        "has an entry that cannot be read, kept aside",
                    );
                    continue;
                }
            };
            if self.options.anonymise {
                anonymise::draft(&mut entry);
            }
            let key = key_in_map(&entry);
            let updated = entry.int("updated_at");
            if newest.get(&key).is_none_or(|other| other.int("updated_at") < updated) {
                self.inside.insert(key.clone(), updated);
                newest.insert(key, entry);
            }
        }
        newest.into_values().collect()
    }

    fn compare_with_inside(&self, draft: &Draft<'_>) -> Inside {
        match self.inside.get(&key_in_map(draft)) {
            None => Inside::None,
            Some(updated) if *updated < draft.int("updated_at") => Inside::Older,
            Some(_) => Inside::Newer,
        }
    }

    /// What only one document can have.
    fn claim(&mut self, draft: &mut Draft<'m>) -> Result<(), Rejection> {
        for &column in draft.mapper.mapping.claims {
            let Some(text) = draft.text(column) else { continue };
            let claim = format!("{}.{column} {text}", draft.mapper.mapping.table);
            if self.claimed.insert(claim) {
                continue;
            }
            if column != "identifier" {
                return Err(Rejection::taken(column));
            }
            let made = format!("mshy_{}", draft.id);
            draft.set("identifier", made);
            draft.notice("identifier", "another has the same, made from the id", "");
        }
        Ok(())
    }

    fn reject(&mut self, passing: &Passing<'_>, rejection: &Rejection) {
        self.put_aside(Outcome::Rejected, passing, rejection.to_string());
    }

    /// Keeps a document whole.
    fn put_aside(&mut self, outcome: Outcome, passing: &Passing<'_>, note: String) {
        let id = id_of(passing.raw).unwrap_or_else(|| format!("#{}", passing.position));
        self.put_aside_as(id, outcome, passing.raw.as_bytes(), passing.digest.clone(), note);
    }

    fn put_aside_as(&mut self, id: String, outcome: Outcome, raw: &[u8], digest: Vec<u8>, note: String) {
        let rest = (!self.options.anonymise).then(|| raw.to_vec());
        let entry = Entry { id, digest, outcome, note: Some(note), rest, row_digest: None };
        self.pending.push(Settled { entry, row: None, raw: None, replaces: false });
    }

    /// Merges what was kept back.
    fn settle_groups(&mut self) -> Result<(), ImportError> {
        let held = std::mem::take(&mut self.held);
        for Group { kept, merged } in groups::merge(held) {
            for other in merged {
                let same_id = other.draft.id == kept.draft.id && other.collection == kept.collection;
                let id = if same_id {
                    format!("{}@{}", other.draft.id, other.name)
                } else {
                    other.draft.id.clone()
                };
                let note = format!("into {} {}", kept.collection, kept.draft.id);
                self.put_aside_as(id, Outcome::Merged, &other.raw, other.digest, note);
                self.flush(other.collection)?;
            }
            let Held { collection, draft, raw, digest, .. } = kept;
            let raw = RawDocument::from_bytes(&raw)
                .map_err(|error| ImportError::DoesNotAddUp(error.to_string()))?;
            self.take(collection, draft, &Passing { raw, digest, position: 0 })?;
            self.flush(collection)?;
        }
        Ok(())
    }

    /// Writes what waits.
    fn flush(&mut self, collection: &str) -> Result<(), ImportError> {
        let batch = std::mem::take(&mut self.pending);
        if batch.is_empty() {
            return Ok(());
        }
        let written = if self.is_first {
            batch::write_first(self.tx, collection, batch)?
        } else {
            batch::write_changes(self.tx, collection, batch)?
        };
        self.count(collection, written)
    }

    fn count(&mut self, collection: &str, written: Written) -> Result<(), ImportError> {
        let Written { settled, changed, conflicts, no_rows, known } = written;
        *self.met.entry(collection.into()).or_default() += known;
        if let Some(count) = self.counts.iter_mut().find(|count| count.collection == collection) {
            count.written += changed;
            settled.iter().for_each(|(outcome, ..)| count.add(*outcome));
        }
        let mut merged = HashSet::new();
        for (outcome, id, note) in settled {
            match outcome {
                Outcome::Rejected => self.report.reject(collection, &id, note.unwrap_or_default()),
                Outcome::Merged => drop(merged.insert(id)),
                Outcome::Inserted | Outcome::Archived => {}
            }
        }
        self.report.conflicts.extend(conflicts);
        for prior in no_rows {
            let is_merged = merged.contains(&prior.id);
            let doomed = self.doom(collection, prior, false);
            if is_merged {
                // The row of the one that it was merged into has the same key.
                self.remove_row(doomed)?;
            } else {
                self.doomed.push(doomed);
            }
        }
        Ok(())
    }

    /// Now that all messages are there, they answer each other.
    fn connect_replies(&mut self) -> Result<(), ImportError> {
        for (message, reply_to) in std::mem::take(&mut self.replies) {
            self.tx.execute(
                "UPDATE messages SET reply_to_id = $2 WHERE id = $1 AND reply_to_id IS NULL",
                &[message.into(), reply_to.into()],
            )?;
        }
        Ok(())
    }

    /// Finds what the ledger knows and the dump has not any more.
    fn find_gone(&mut self) -> Result<(), ImportError> {
        let dump = self.dump;
        let mut noted: HashMap<String, u64> = HashMap::new();
        for (collection, _, total) in legacy::count(self.tx)? {
            *noted.entry(collection).or_default() += total.cast_unsigned();
        }
        let order = |name: &str| SOURCES.iter().position(|source| source.collection == name);
        let mut noted: Vec<(String, u64)> = noted.into_iter().collect();
        noted.sort_by_key(|(name, _)| order(name));
        for (name, total) in noted {
            let count = self.counts.iter().find(|count| count.collection == name);
            if count.is_some_and(|count| count.source == total) {
                continue;
            }
            legacy::begin_seen(self.tx)?;
            let names = source_of(&name).map_or(&[][..], |source| source.other_names);
            for dumped in std::iter::once(name.as_str()).chain(names.iter().copied()) {
                let Some(dumped) = dump.collection(dumped) else { continue };
                let mut ids = Vec::new();
                for document in dumped.read()? {
                    let Document { raw, position, .. } = document?;
                    let id = id_of(&raw).unwrap_or_else(|| format!("#{position}"));
                    ids.push(format!("{id}@{}", dumped.name()).into());
                    ids.push(id.into());
                    if ids.len() >= BATCH {
                        legacy::add_seen(self.tx, &std::mem::take(&mut ids))?;
                    }
                }
                legacy::add_seen(self.tx, &ids)?;
            }
            for gone in legacy::unseen(self.tx, &name)? {
                let doomed = self.doom(&name, gone, true);
                self.doomed.push(doomed);
            }
        }
        Ok(())
    }

    fn doom(&self, collection: &str, entry: Entry, is_gone: bool) -> Doomed<'m> {
        let mappings = source_of(collection).map_or(&[][..], |source| source.shape.mappings());
        let mappers = self.mappers.all.iter();
        let mappers =
            mappers.filter(|mapper| mappings.iter().any(|mapping| std::ptr::eq(mapper.mapping, *mapping)));
        let was_row = entry.outcome == Outcome::Inserted;
        Doomed {
            collection: collection.into(),
            id: entry.id,
            mappers: mappers.filter(|_| was_row).collect(),
            row_digest: entry.row_digest,
            is_gone,
        }
    }

    fn remove_row(&mut self, doomed: Doomed<'m>) -> Result<(), ImportError> {
        let outcome = batch::remove(self.tx, &doomed)?;
        let Doomed { collection, id, is_gone, .. } = doomed;
        if let Err(what) = outcome {
            self.report.conflicts.push(Conflict { collection, id, what: what.into() });
        } else if is_gone {
            legacy::remove(self.tx, &collection, &id)?;
            let count = self.counts.iter_mut().find(|count| count.collection == collection);
            count.into_iter().for_each(|count| count.removed += 1);
        }
        Ok(())
    }

    /// Archives the collections that nobody knows.
    fn unknown_collections(&mut self, progress: &mut dyn FnMut(Progress<'_>)) -> Result<(), ImportError> {
        let dump = self.dump;
        for collection in
            dump.collections().iter().filter(|collection| source_of(collection.name()).is_none())
        {
            let (name, documents) = (collection.name(), collection.documents());
            self.counts.push(Count { collection: name.into(), source: documents, ..Count::default() });
            progress(Progress::Collection { name, documents });
            for document in collection.read()? {
                let Document { raw, digest, position } = document?;
                let passing = Passing { raw: &raw, digest: digest.as_bytes()[..16].to_vec(), position };
                self.put_aside(Outcome::Archived, &passing, "of a collection that is not known".into());
                if self.pending.len() == BATCH {
                    self.flush(name)?;
                    progress(Progress::Documents(BATCH as u64));
                }
            }
            self.flush(name)?;
        }
        Ok(())
    }

    /// Finds what follows from the rows, checks everything, and notes the import.
    fn finish(mut self) -> Result<Report, ImportError> {
        if !self.is_first {
            self.find_gone()?;
            // Children first.
            while let Some(doomed) = self.doomed.pop() {
                self.remove_row(doomed)?;
            }
        }
        legacy::derived::all(self.tx)?;
        if let Some((from, to)) = &self.options.uploads {
            let copied = uploads::copy(self.tx, from, to, self.options.dry_run)?;
            self.report.uploads = Some(copied);
        }
        self.report.collections = self.counts;
        self.report.notices = self.notices.list();
        for (collection, field, what, times) in legacy::derived::findings(self.tx)? {
            let (collection, field, what) = (collection.into(), field.into(), what.into());
            self.report.notices.push(Noticed { collection, field, what, times: times.cast_unsigned() });
        }
        check::everything(self.tx, &self.report, &self.texts)?;
        let report = serde_json::to_string(&self.report)
            .map_err(|error| ImportError::DoesNotAddUp(error.to_string()))?;
        let import = Import { digest: self.report.digest.clone(), report, finished_at: self.options.now };
        legacy::insert_import(self.tx, &import)?;
        Ok(self.report)
    }
}

/// How a translation compares with one inside of its message.
enum Inside {
    /// There is none.
    None,
    /// That one is older.
    Older,
    /// That one is newer.
    Newer,
}

fn key_in_map(draft: &Draft<'_>) -> String {
    format!("{} {}", draft.text("message_id").unwrap_or_default(), draft.text("language").unwrap_or_default())
}

fn note_of(draft: &Draft<'_>) -> Option<String> {
    let notes: Vec<String> = draft
        .notices
        .iter()
        .map(|notice| match notice.detail.as_str() {
            "" => format!("`{}` {}", notice.field, notice.what),
            detail => format!("`{}` {}: {detail}", notice.field, notice.what),
        })
        .collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// Notes a document that was taken, for those that refer to it.
fn remember(known: &mut Known, draft: &Draft<'_>) {
    match (draft.mapper.mapping.parent, draft.object_id) {
        (Some(Parent::Message), Some(id)) => {
            known.add_message(id, draft.text("conversation_id").unwrap_or_default());
        }
        (Some(Parent::EncryptionKey), _) => known.add_key(&draft.id),
        (Some(parent), Some(id)) => known.add(parent, id),
        _ => {}
    }
}

/// Reads what documents that come later say of ones that come earlier.
fn look_ahead(dump: &Dump, known: &mut Known) -> Result<(), ImportError> {
    if let Some(copies) = dump.collection("MessageAttachment_backup_urls") {
        for document in copies.read()? {
            if let Some((id, addresses)) = attachments::addresses(&document?.raw) {
                known.add_addresses(id, addresses);
            }
        }
    }
    if let Some(stats) = dump.collection("UserStats") {
        for document in stats.read()? {
            let raw = document?.raw;
            if let (Ok(user), Ok(active)) = (raw.get_object_id("userId"), raw.get_datetime("lastActiveAt")) {
                known.add_active(user, active.timestamp_millis());
            }
        }
    }
    Ok(())
}

fn id_of(raw: &RawDocument) -> Option<String> {
    match raw.get("_id").ok()?? {
        RawBsonRef::ObjectId(id) => Some(id.to_hex()),
        RawBsonRef::String(text) => Some(text.to_owned()),
        _ => None,
    }
}
