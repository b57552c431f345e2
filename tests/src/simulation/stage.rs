//! What a run is played on: a world that starts from prepared files in memory, the phones in it, and what each of them has
//! saved and been told, so that it can be asked for afterwards.

use super::fault::{Fault, Planted};
use super::plan::PHONES;
use super::server::{can_bring_back, copy_files, copy_server};
use crate::bank::{enrolled, small_bank};
use crate::holder::Holder;
use crate::line::Faults;
use crate::world::World;
use canvass_core::document::ChangeHash;
use canvass_core::domain::{DeviceNumber, PhoneTime, RecordId};
use canvass_server::demo::bank::PhoneOwner;
use canvass_server::store::{SqliteOptions, SqliteStore, Store};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tempfile::TempDir;

/// Whose phones play: three of one branch, one of another, and the first branch's leader.
pub(super) const CODES: [&str; PHONES] = ["B1-S1-P1", "B1-S1-P2", "B1-S2-P1", "B2-S1-P1", "B1-L"];

/// What a run came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deeds {
    /// Records made and edits of them.
    pub edits: usize,
    /// Syncs that got through.
    pub syncs: usize,
    /// Syncs that gave up.
    pub given_up: usize,
    /// Phones and servers that died.
    pub crashes: usize,
    /// Phones put back to a copy of their files.
    pub restores: usize,
    /// Servers put back to a backup.
    pub server_restores: usize,
    /// Changes of which a phone was told that the server has them.
    pub acknowledged: usize,
    /// Changes that came to a phone.
    pub pulled: usize,
    /// Changes refused.
    pub refused: usize,
    /// Changes that a leader decided on.
    pub decided: usize,
    /// Records that left a phone.
    pub evicted: usize,
    /// Phones wiped.
    pub wiped: usize,
    /// Verdicts on outcomes.
    pub verdicts: usize,
    /// Prospects assigned anew, and people who went elsewhere.
    pub moves: usize,
    /// Prospects and visits erased.
    pub erasures: usize,
}

impl AddAssign for Deeds {
    fn add_assign(&mut self, other: Self) {
        self.edits += other.edits;
        self.syncs += other.syncs;
        self.given_up += other.given_up;
        self.crashes += other.crashes;
        self.restores += other.restores;
        self.server_restores += other.server_restores;
        self.acknowledged += other.acknowledged;
        self.pulled += other.pulled;
        self.refused += other.refused;
        self.decided += other.decided;
        self.evicted += other.evicted;
        self.wiped += other.wiped;
        self.verdicts += other.verdicts;
        self.moves += other.moves;
        self.erasures += other.erasures;
    }
}

/// A new folder, in memory where there is such a place.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a folder")
}

/// Files that every run starts from, by their places in its folder: nothing in them depends on the seed. They are kept in
/// memory, since nothing would clear a folder away when the process ends.
struct Prepared {
    files: Vec<(PathBuf, Vec<u8>)>,
    phones: Vec<PhoneOwner>,
    campaign: RecordId,
}

/// The stem of every file of the server.
const SERVER: &str = "canvass";
/// The list of what was erased.
const ERASED: &str = "canvass.erased";
/// A migrated database without anything, to recompute into.
const EMPTY: &str = "empty.db";

fn prepared() -> &'static Prepared {
    static PREPARED: OnceLock<Prepared> = OnceLock::new();
    PREPARED.get_or_init(|| {
        let kept = folder();
        let place = |name: &str| kept.path().join(name);
        let (bank, phones) = small_bank(2);
        let first = folder();
        write_secret(&first.path().join("canvass.key"));
        let world = World::in_folder(0, first, phones.clone());
        world.run(world.store.set_bank(bank)).expect("a bank");
        world.run(enrolled(&world.store, &phones));
        let campaign = world.launch(&World::plain_campaign());
        copy_files(world.folder(), kept.path(), SERVER);
        for (number, code) in CODES.iter().enumerate() {
            let phone = place(&format!("phone-{number}"));
            std::fs::create_dir(&phone).expect("a folder");
            drop(world.phone_in(code, &phone));
        }
        // Opened and closed once, each is one file.
        let options = SqliteOptions { durable: false, seed: Some(0), secret_file: Some(place("canvass.key")) };
        std::fs::create_dir(place("scratch")).expect("a folder");
        for database in [place("canvass.db"), place("scratch").join(EMPTY)] {
            drop(SqliteStore::open(&database, options.clone()).expect("a store"));
        }
        let mut files = Vec::new();
        read_files(kept.path(), kept.path(), &mut files);
        Prepared { files, phones, campaign }
    })
}

fn read_files(folder: &Path, root: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read_files(&path, root, files);
        } else {
            let place = path.strip_prefix(root).expect("within").to_owned();
            files.push((place, std::fs::read(&path).expect("a file")));
        }
    }
}

/// The same secrets in every run: what is derived from them is in prepared files.
fn write_secret(path: &Path) {
    write_private(path, "5a".repeat(32).as_bytes());
}

/// Writes a file that only its owner can read: the server takes no other for its secrets.
fn write_private(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("set");
    }
}

/// A copy of a phone's files.
pub(super) struct Copy {
    folder: PathBuf,
    /// The opening during which it was made.
    opening: u64,
}

/// A phone, and what it has saved and been told.
pub(super) struct Hand {
    pub(super) code: &'static str,
    pub(super) device: DeviceNumber,
    /// None once it is wiped.
    pub(super) holder: Option<Holder>,
    pub(super) line: Faults,
    pub(super) cut: bool,
    pub(super) skew_ms: i64,
    /// Since it was revoked: whether it may hand over.
    pub(super) revoked: Option<bool>,
    /// Changes of which it was told that the server has them.
    pub(super) acknowledged: BTreeSet<ChangeHash>,
    /// Changes saved here and not taken away by a restore, with their lengths.
    pub(super) saved: BTreeMap<ChangeHash, usize>,
    /// Those of them that the server did not have when this was last looked at.
    pub(super) outbox: BTreeMap<ChangeHash, usize>,
    /// What each change saved here is about: its record, and the prospect of that.
    pub(super) about: BTreeMap<ChangeHash, (RecordId, Option<RecordId>)>,
    /// What it had to leave behind when it was wiped, though it might have handed it over.
    pub(super) handed_over: Vec<ChangeHash>,
    folder: PathBuf,
    copy: Option<Copy>,
    opening: u64,
}

impl Hand {
    /// The names of this phone's files.
    pub(super) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.folder).expect("a folder");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    /// Looks at what is in the outbox.
    pub(super) fn look(&mut self, now: PhoneTime) {
        let Some(holder) = &mut self.holder else { return };
        let request = holder.replica().farewell(usize::MAX, 0, now).expect("an outbox");
        let hashes = request.pushes.iter().flat_map(|push| push.hashes().zip(push.changes.iter().map(|it| it.len())));
        self.outbox = hashes.collect();
        for push in &request.pushes {
            if let Some(row) = holder.row(push.record) {
                self.about.extend(push.hashes().map(|hash| (hash, (row.id, row.prospect))));
            }
        }
        self.saved.extend(&self.outbox);
        self.acknowledged.extend(holder.phone().acknowledged());
    }
}

/// The stage of one run.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) hands: Vec<Hand>,
    pub(super) campaign: RecordId,
    pub(super) deeds: Deeds,
    pub(super) planted: Planted,
    /// Where the ids of new records come from.
    ids: ChaCha8Rng,
    server_starts: usize,
    /// Backups of the server, oldest first.
    pub(super) backups: Vec<PathBuf>,
    /// Whether the server was put back to one.
    pub(super) server_restored: bool,
    /// Changes that were lost with it, because nobody had them any more, or erased.
    pub(super) gone: BTreeSet<ChangeHash>,
    /// Records that were erased.
    pub(super) erased: BTreeSet<RecordId>,
}

impl Stage {
    pub(super) fn set(seed: u64, fault: Option<Fault>) -> Self {
        let prepared = prepared();
        let place = folder();
        for (file, bytes) in &prepared.files {
            let file = place.path().join(file);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            write_private(&file, bytes);
        }
        let world = World::in_folder(seed, place, prepared.phones.clone());
        let planted = Planted::new(fault, &world);
        let hands = CODES.iter().enumerate().map(|(place, code)| {
            let line = Faults::default();
            planted.on_the_line(&line);
            let (folder, opening) = (world.folder().join(format!("phone-{place}")), world.next_opening());
            let holder = world.phone_by(code, &folder, opening, line.clone());
            Hand {
                code,
                device: holder.device(),
                holder: Some(holder),
                line,
                cut: false,
                skew_ms: 0,
                revoked: None,
                acknowledged: BTreeSet::new(),
                saved: BTreeMap::new(),
                outbox: BTreeMap::new(),
                about: BTreeMap::new(),
                handed_over: Vec::new(),
                folder,
                copy: None,
                opening,
            }
        });
        let hands = hands.collect();
        let (campaign, ids) = (prepared.campaign, ChaCha8Rng::seed_from_u64(seed));
        Self {
            world,
            hands,
            campaign,
            deeds: Deeds::default(),
            planted,
            ids,
            server_starts: 0,
            backups: Vec::new(),
            server_restored: false,
            gone: BTreeSet::new(),
            erased: BTreeSet::new(),
        }
    }

    /// Where a recomputation can start: a folder with a migrated database without anything.
    pub(super) fn scratch(&self) -> PathBuf {
        self.world.folder().join("scratch").join(EMPTY)
    }

    /// The id of a new record. It does not follow from a phone's own randomness, of which a fault may make little.
    pub(super) fn new_id(&mut self, now: PhoneTime) -> RecordId {
        RecordId::new(now.millis(), self.ids.random())
    }

    /// A phone's clock.
    pub(super) fn now_of(&self, phone: usize) -> PhoneTime {
        self.world.now().plus_millis(self.hands[phone].skew_ms)
    }

    /// The app starts again under a fresh actor, on whatever files are there.
    fn take(&mut self, phone: usize, opening: u64) {
        let hand = &mut self.hands[phone];
        let holder = self.world.phone_by(hand.code, &hand.folder, opening, hand.line.clone());
        (hand.holder, hand.opening) = (Some(holder), opening);
    }

    /// The app ends in order and starts again.
    pub(super) fn restart(&mut self, phone: usize) {
        self.hands[phone].holder = None;
        let opening = self.world.next_opening();
        self.take(phone, opening);
    }

    /// The phone dies: nothing is closed, and the app starts again from the files as they lay then.
    pub(super) fn crash(&mut self, phone: usize) {
        let image = self.world.folder().join("image");
        copy_files(&self.hands[phone].folder, &image, "phone");
        self.start_from(phone, &image);
        self.deeds.crashes += 1;
    }

    fn start_from(&mut self, phone: usize, image: &Path) {
        let opening = self.world.next_opening();
        self.start_as(phone, image, opening);
    }

    fn start_as(&mut self, phone: usize, image: &Path, opening: u64) {
        let hand = &mut self.hands[phone];
        hand.holder = None;
        copy_files(image, &hand.folder, "phone");
        self.take(phone, opening);
    }

    /// Makes a copy of a phone's files.
    pub(super) fn back_up(&mut self, phone: usize) {
        let folder = self.world.folder().join(format!("copy-{phone}"));
        let hand = &mut self.hands[phone];
        copy_files(&hand.folder, &folder, "phone");
        hand.copy = Some(Copy { folder, opening: hand.opening });
    }

    /// Puts one of the phones back of which there is a copy: what was saved since is gone, but not what was acknowledged.
    pub(super) fn restore(&mut self, phone: usize) {
        let copied: Vec<_> = (0..self.hands.len()).filter(|phone| self.hands[*phone].copy.is_some()).collect();
        let Some(&phone) = copied.get(phone % copied.len().max(1)) else { return };
        let Some(copy) = &self.hands[phone].copy else { return };
        let image = copy.folder.clone();
        let opening = if self.planted.reuses_actors() { copy.opening } else { self.world.next_opening() };
        self.start_as(phone, &image, opening);
        self.deeds.restores += 1;
        let now = self.now_of(phone);
        let hand = &mut self.hands[phone];
        hand.look(now);
        let Some(holder) = &mut hand.holder else { return };
        let inbox: BTreeSet<_> = holder.inbox().into_iter().map(|entry| entry.hash).collect();
        let outbox = &hand.outbox;
        hand.saved.retain(|hash, _| outbox.contains_key(hash) || inbox.contains(hash));
        self.forget_what_is_gone();
    }

    /// Whether what a change is about was erased.
    pub(super) fn is_erased(&self, hand: &Hand, hash: &ChangeHash) -> bool {
        let Some((record, prospect)) = hand.about.get(hash) else { return false };
        self.erased.contains(record) || prospect.is_some_and(|prospect| self.erased.contains(&prospect))
    }

    /// Makes a backup of the server.
    pub(super) fn back_up_server(&mut self) {
        let folder = self.world.folder().join(format!("backup-{}", self.backups.len()));
        copy_server(self.world.store.path(), &folder);
        self.backups.push(folder);
    }

    /// Once the server was put back to a backup, what no phone can bring back and it does not have is gone: nobody asks for
    /// it any more. (Before, whatever was acknowledged is on the server.)
    pub(super) fn forget_what_is_gone(&mut self) {
        if !self.server_restored {
            return;
        }
        for phone in 0..self.hands.len() {
            let now = self.now_of(phone);
            self.hands[phone].look(now);
        }
        let holding = self.hands.iter().filter(|hand| hand.revoked.is_none());
        let mut there: BTreeSet<_> =
            holding.filter_map(|hand| Some(can_bring_back(hand.holder.as_ref()?.database()))).flatten().collect();
        let noted = self.hands.iter().flat_map(|hand| {
            hand.acknowledged.iter().chain(hand.saved.keys()).chain(&hand.handed_over).copied().collect::<Vec<_>>()
        });
        there.extend(self.world.run(self.world.store.has_changes(noted.collect())).expect("read"));
        for hand in &mut self.hands {
            let inbox: BTreeSet<_> = hand.holder.iter_mut().flat_map(Holder::inbox).map(|entry| entry.hash).collect();
            self.gone.extend(hand.acknowledged.iter().filter(|hash| !there.contains(hash)));
            hand.saved.retain(|hash, _| there.contains(hash) || inbox.contains(hash));
            hand.handed_over.retain(|hash| there.contains(hash));
        }
    }

    /// Tells the planted fault what hangs on the way and the server does not have.
    pub(super) fn tell_planted(&mut self) {
        let mut drawn = BTreeMap::new();
        for hand in &self.hands {
            let hanging = hand.line.hanging();
            let known = self.world.run(self.world.store.has_changes(hanging.iter().copied().collect())).expect("read");
            drawn.insert(hand.device, hanging.iter().filter(|hash| !known.contains(hash)).count() as u64);
        }
        self.planted.on_their_way(drawn);
    }

    /// The server dies and starts again from its files as they lay then.
    pub(super) fn crash_server(&mut self) {
        let folder = self.next_server();
        let folder = self.planted.left_of(&self.world.store, folder);
        self.world.start_from(&folder);
        self.deeds.crashes += 1;
    }

    /// The server ends and starts again from a backup. The list of what was erased lies with its keys, and is the present one.
    pub(super) fn start_server_from(&mut self, backup: &Path) {
        let folder = self.next_server();
        copy_files(backup, &folder, SERVER);
        let list = self.world.store.path().with_file_name(ERASED);
        if list.exists() {
            std::fs::copy(list, folder.join(ERASED)).expect("copied");
        }
        self.planted.is_in(&folder);
        self.world.start_from(&folder);
    }

    /// The folder in which the server lies next.
    fn next_server(&mut self) -> PathBuf {
        self.server_starts += 1;
        self.world.folder().join(format!("server-{}", self.server_starts))
    }
}
