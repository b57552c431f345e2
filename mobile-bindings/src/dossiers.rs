//! Dossiers of decision makers. They lie in a file of their own, open as long as the server's lease holds. Each one that is
//! returned here stands in the bank's audit log: ask for those that are shown, when they are shown.

use crate::edge::{named, new_id, now, parsed};
use crate::records::summary;
use crate::{Phone, PhoneError, RecordSummary};
use canvass_core::domain::date_from_text;
use canvass_core::domain::dossier::{self, Dossier};

/// A dossier as it is recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct DossierDraft {
    /// The person's name.
    pub name: String,
    /// `chair`, `member`, `property_manager`, `association`, `finance` or `other`.
    #[uniffi(default = None)]
    pub role: Option<String>,
    /// `supports`, `neutral` or `opposes`.
    #[uniffi(default = None)]
    pub attitude: Option<String>,
    /// How much the person's word weighs, from 1 to 5.
    #[uniffi(default = None)]
    pub influence: Option<i64>,
    /// Telephone number.
    #[uniffi(default = None)]
    pub phone: Option<String>,
    /// Birthday, such as `1961-05-04`.
    #[uniffi(default = None)]
    pub birthday: Option<String>,
    /// Career.
    #[uniffi(default = None)]
    pub career: Option<String>,
    /// Temper.
    #[uniffi(default = None)]
    pub temper: Option<String>,
    /// Habits and hobbies.
    #[uniffi(default = None)]
    pub habits: Option<String>,
    /// When to come.
    #[uniffi(default = None)]
    pub preferred_times: Option<String>,
}

impl TryFrom<DossierDraft> for Dossier {
    type Error = PhoneError;

    fn try_from(draft: DossierDraft) -> Result<Self, PhoneError> {
        Ok(Self {
            name: draft.name,
            role: draft.role,
            attitude: draft.attitude,
            influence: draft.influence,
            phone: draft.phone,
            birthday: named("birthday", draft.birthday.as_deref().map(date_from_text).transpose())?,
            career: draft.career,
            temper: draft.temper,
            habits: draft.habits,
            preferred_times: draft.preferred_times,
        })
    }
}

#[uniffi::export]
impl Phone {
    /// Whether dossiers can be read and recorded now: this phone can hold them, and its lease has not run out.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn dossiers_are_open(&self) -> Result<bool, PhoneError> {
        Ok(self.replica().dossiers_are_open(now()?)?)
    }

    /// Records a dossier of somebody who decides at a prospect and returns its id. When this returns, it is safe.
    ///
    /// # Errors
    /// When a field is wrong (it is named), dossiers are locked, or storage is full.
    pub fn record_dossier(&self, prospect: String, draft: DossierDraft) -> Result<String, PhoneError> {
        let prospect = parsed("prospect", &prospect)?;
        self.begin(&dossier::KIND, Some(prospect), &Dossier::try_from(draft)?.to_fields())
    }

    /// The dossiers of a prospect, or all, or those in which a text stands. Each that is returned is noted as read, before it
    /// is.
    ///
    /// # Errors
    /// When an argument is wrong (it is named), dossiers are locked, or storage is full.
    #[uniffi::method(default(prospect = None, text = None))]
    pub fn dossiers(&self, prospect: Option<String>, text: Option<String>) -> Result<Vec<RecordSummary>, PhoneError> {
        let prospect = prospect.map(|prospect| parsed("prospect", &prospect)).transpose()?;
        let now = now()?;
        let mut replica = self.replica();
        let views = replica.read_dossiers(prospect, text.as_deref(), now, || new_id(now))?;
        let bank = replica.bank()?;
        Ok(views.into_iter().map(|view| summary(view, &bank)).collect())
    }

    /// One dossier. That it was read is noted first. `edit` and `resolve` work on it as on any record.
    ///
    /// # Errors
    /// When it is not on this phone, dossiers are locked, or storage is full.
    pub fn read_dossier(&self, id: String) -> Result<RecordSummary, PhoneError> {
        let (id, now) = (parsed("id", &id)?, now()?);
        let mut replica = self.replica();
        let view = replica.read_dossier(id, now, new_id(now))?;
        Ok(summary(view, &replica.bank()?))
    }
}
