//! Somebody with a phone: what they do with it, in the words of the tests.

use super::line::{Faults, Line};
use canvass_core::domain::attachment::Caption;
use canvass_core::domain::outcome::{Outcome, Product};
use canvass_core::domain::prospect::Prospect;
use canvass_core::domain::visit::Visit;
use canvass_core::domain::{
    Date, DeviceNumber, Fields, KindSpec, Money, PersonId, PhoneTime, RecordId, Value, outcome, prospect, visit,
};
use canvass_core::projection::Row;
use canvass_core::replica::{AttachmentView, InboxEntry, Query, Replica};
use canvass_core::sync::{CheckReport, Report, SyncError, TransferReport, Transfers};
use canvass_server::clock::{Clock, ManualClock};
use canvass_server::demo::link::{Link, Weather};
use canvass_server::demo::phone::{Phone, PhoneError};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Somebody with a phone.
pub struct Holder {
    phone: Phone,
    link: Link<Line>,
    late: Line,
    clock: ManualClock,
    /// What goes wrong on this phone's line.
    pub faults: Faults,
}

impl Holder {
    pub(crate) fn new(phone: Phone, link: Link<Line>, late: Line, clock: ManualClock, faults: Faults) -> Self {
        Self { phone, link, late, clock, faults }
    }

    /// The true time.
    pub fn now(&self) -> PhoneTime {
        self.clock.now().as_recorded()
    }

    /// This phone's number.
    pub fn device(&self) -> DeviceNumber {
        self.phone.owner().device
    }

    /// Who this is.
    pub fn person(&self) -> PersonId {
        self.phone.owner().person.clone()
    }

    /// The phone.
    pub fn phone(&mut self) -> &mut Phone {
        &mut self.phone
    }

    /// Where its database is.
    pub fn database(&self) -> &std::path::Path {
        self.phone.path()
    }

    /// The phone's replica.
    pub fn replica(&mut self) -> &mut Replica {
        self.phone.replica()
    }

    /// From now on the network is like this, and what goes wrong on it follows from a seed.
    pub fn weather_by(&mut self, weather: Weather, seed: u64) {
        self.link = Link::new(self.late.clone(), weather, ChaCha8Rng::seed_from_u64(seed));
    }

    /// From now on the network is like this.
    pub fn weather(&mut self, weather: Weather) {
        self.link.weather = weather;
    }

    /// Records something new.
    pub fn record(&mut self, kind: &'static KindSpec, prospect: Option<RecordId>, fields: &Fields) -> RecordId {
        let now = self.now();
        self.phone.record(kind, prospect, fields, now).expect("recorded")
    }

    /// Records a prospect.
    pub fn prospect(&mut self, name: &str) -> RecordId {
        self.record(&prospect::KIND, None, &Prospect::named(name).to_fields())
    }

    /// Records a visit made just now, by this phone's clock.
    pub fn visit(&mut self, prospect: RecordId) -> RecordId {
        let now = self.phone.clock(self.now());
        self.visit_at(prospect, now)
    }

    /// Records a visit made at a time.
    pub fn visit_at(&mut self, prospect: RecordId, at: PhoneTime) -> RecordId {
        self.record(&visit::KIND, Some(prospect), &Visit::on_site(at, "谈了方案").to_fields())
    }

    /// Claims an account with its fund in yuan.
    pub fn claim_account(&mut self, prospect: RecordId, opened_on: Date, yuan: i64) -> RecordId {
        self.claim(prospect, Product::Account, opened_on, Some(yuan), None)
    }

    /// Claims an account with its fund in yuan, by the reference of its booking.
    pub fn claim_by(&mut self, prospect: RecordId, reference: &str, opened_on: Date, yuan: i64) -> RecordId {
        let (amount, reference) = (Money::from_yuan(yuan).ok(), Some(reference.to_owned()));
        let claimed = Outcome { product: Product::Account, opened_on, amount, cards: None, reference };
        self.record(&outcome::KIND, Some(prospect), &claimed.to_fields())
    }

    /// Claims an outcome.
    pub fn claim(
        &mut self,
        prospect: RecordId,
        product: Product,
        opened_on: Date,
        yuan: Option<i64>,
        cards: Option<i64>,
    ) -> RecordId {
        let amount = yuan.map(|yuan| Money::from_yuan(yuan).expect("money"));
        let claimed = Outcome { product, opened_on, amount, cards, reference: None };
        self.record(&outcome::KIND, Some(prospect), &claimed.to_fields())
    }

    /// Edits one field.
    pub fn edit(&mut self, id: RecordId, field: &str, value: impl Into<Value>) {
        let puts = Fields::new().with(field.parse().expect("a field"), value.into());
        let now = self.now();
        self.phone.edit(id, &puts, now).expect("edited");
    }

    /// Settles a conflict.
    pub fn resolve(&mut self, id: RecordId, field: &str, value: impl Into<Value>) {
        let now = self.now();
        self.phone.resolve(id, field, value.into(), now).expect("resolved");
    }

    /// Withdraws a record.
    pub fn withdraw(&mut self, id: RecordId, reason: &str) {
        let now = self.now();
        self.replica().withdraw(id, reason, now).expect("withdrawn");
    }

    /// Attaches a photo to a record.
    pub fn attach(&mut self, of: RecordId, bytes: &[u8]) -> RecordId {
        let (now, name) = (self.now(), Some("大门.jpg".to_owned()));
        let caption = Caption { of, media_type: "image/jpeg".to_owned(), name, taken_at: Some(now) };
        self.phone.attach(caption, bytes, now).expect("attached")
    }

    /// Wants to see an attachment.
    pub fn want(&mut self, attachment: RecordId) {
        let now = self.now();
        self.replica().want_attachment(attachment, now).expect("noted");
    }

    /// What is known of an attachment, if its record is on this phone.
    pub fn attachment(&mut self, id: RecordId) -> Option<AttachmentView> {
        self.replica().attachment(id).expect("read")
    }

    /// An attachment's bytes, if they are all on this phone.
    pub fn look_at(&mut self, attachment: RecordId) -> Option<Vec<u8>> {
        let now = self.now();
        self.replica().read_attachment(attachment, now).expect("read")
    }

    /// Moves whatever attachments there are over a line on which that must succeed.
    pub fn transfer(&mut self) -> TransferReport {
        self.try_transfer(Transfers::Everything).unwrap_or_else(|error| panic!("{}: {error}", self.person()))
    }

    /// Moves attachments as far as the person allows, or says why not.
    ///
    /// # Errors
    /// When it gave up or was turned away.
    pub fn try_transfer(&mut self, transfers: Transfers) -> Result<TransferReport, SyncError> {
        let now = self.now();
        match self.phone.transfer(&mut self.link, transfers, now) {
            Ok(report) => Ok(report),
            Err(PhoneError::Sync { error, .. }) => Err(error),
            Err(other) => panic!("{other}"),
        }
    }

    /// The app ends and starts again.
    pub fn restart(&mut self) {
        let now = self.now();
        self.phone.restart(now).expect("restarted");
    }

    /// Syncs over a line on which that must succeed.
    pub fn sync(&mut self) -> Report {
        self.try_sync().unwrap_or_else(|error| panic!("{}: {error}", self.person()))
    }

    /// Syncs, or says why not.
    ///
    /// # Errors
    /// When it gave up or was turned away.
    pub fn try_sync(&mut self) -> Result<Report, SyncError> {
        let now = self.now();
        self.sync_by(now)
    }

    /// Syncs over a line on which that must succeed, and checks whether this phone has what the server says it should.
    pub fn check(&mut self) -> CheckReport {
        let now = self.now();
        let report = self.phone.check(&mut self.link, now).unwrap_or_else(|error| panic!("{error}"));
        report.check.expect("this server answers")
    }

    /// Syncs by another clock than the true one.
    ///
    /// # Errors
    /// When it gave up or was turned away.
    pub fn sync_by(&mut self, now: PhoneTime) -> Result<Report, SyncError> {
        match self.phone.sync(&mut self.link, now) {
            Ok(report) => Ok(report),
            Err(PhoneError::Sync { error, .. }) => Err(error),
            Err(other) => panic!("{other}"),
        }
    }

    /// Syncs until it succeeds, however bad the network.
    pub fn sync_at_last(&mut self) -> Report {
        (0..100).find_map(|_| self.try_sync().ok()).unwrap_or_else(|| panic!("{} never got through", self.person()))
    }

    /// Requests that hung on the way arrive now. Returns how many.
    pub fn release_late(&self) -> usize {
        self.late.release_late()
    }

    /// A record's row, if it is on this phone.
    pub fn row(&mut self, id: RecordId) -> Option<Row> {
        self.replica().record(id).expect("read").map(|view| view.row)
    }

    /// How many of a record's changes the server does not have yet.
    pub fn unsynced(&mut self, id: RecordId) -> usize {
        self.replica().record(id).expect("read").map_or(0, |view| view.unsynced)
    }

    /// How many changes the server does not have yet.
    pub fn outstanding(&mut self) -> usize {
        self.replica().outstanding().expect("read")
    }

    /// Every row on this phone.
    pub fn rows(&mut self) -> BTreeMap<RecordId, Row> {
        let all = Query { limit: u32::MAX, ..Query::default() };
        self.replica().query(&all).expect("read").into_iter().map(|row| (row.id, row)).collect()
    }

    /// What the person should look at.
    pub fn inbox(&mut self) -> Vec<InboxEntry> {
        self.replica().inbox().expect("read")
    }
}
