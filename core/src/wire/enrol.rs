//! Enrolment: a phone answers an invitation with its public key, and the server says who it is from now on. The answer is
//! signed by the key that the invitation's fingerprint names.

use super::envelope::parse;
use super::{DossierKey, InvitationCode, PROTOCOL, WireError};
use crate::domain::{DeviceNumber, PersonId, PhoneTime, Roles, ServerTime, UnitId};
use crate::signing::{PublicKey, Signature, Signer, SigningError, hex};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// That a phone was taken in before, by a server that does not know it any more: it was restored from a backup.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Before {
    /// The phone's number.
    #[n(0)]
    pub device: DeviceNumber,
    /// What that server told it last, which nobody else can have.
    #[n(1)]
    pub token: ByteVec,
}

/// What a phone asks that wants to enrol.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EnrolRequest {
    /// [`PROTOCOL`].
    #[n(0)]
    pub protocol: u32,
    /// The invitation's number.
    #[n(1)]
    pub invitation: u32,
    /// Its secret.
    #[n(2)]
    pub code: InvitationCode,
    /// The key by which the phone will sign.
    #[n(3)]
    pub public_key: PublicKey,
    /// The phone's clock.
    #[n(4)]
    pub clock: PhoneTime,
    /// That key's signature over [`EnrolRequest::message`]: the phone has what belongs to it.
    #[n(5)]
    pub proof: Signature,
    /// Who it was before, if it comes back.
    #[n(6)]
    pub before: Option<Before>,
}

impl EnrolRequest {
    /// A request that answers an invitation.
    ///
    /// # Errors
    /// When the signer cannot sign.
    pub fn new(
        invitation: u32,
        code: InvitationCode,
        signer: &dyn Signer,
        clock: PhoneTime,
    ) -> Result<Self, SigningError> {
        let public_key = signer.public_key();
        let proof = signer.sign(&Self::message(invitation, &code, &public_key))?;
        Ok(Self { protocol: PROTOCOL, invitation, code, public_key, clock, proof, before: None })
    }

    /// What the phone's new key signs.
    pub fn message(invitation: u32, code: &InvitationCode, key: &PublicKey) -> Vec<u8> {
        format!("canvass enrol 1\n{invitation}\n{code}\n{}\n", hex(key.as_bytes())).into_bytes()
    }

    /// Whether the sender has the key that it names.
    pub fn is_proven(&self) -> bool {
        let message = Self::message(self.invitation, &self.code, &self.public_key);
        self.public_key.verifies(&message, &self.proof)
    }
}

/// Who a phone is from now on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Enrolled {
    /// Its number.
    #[n(0)]
    pub device: DeviceNumber,
    /// Whose it is.
    #[n(1)]
    pub person: PersonId,
    /// The person's name.
    #[n(2)]
    pub name: String,
    /// The person's roles.
    #[n(3)]
    pub roles: Roles,
    /// The person's units today.
    #[n(4)]
    pub units: Vec<UnitId>,
    /// The server's clock.
    #[n(5)]
    pub clock: ServerTime,
    /// The server's key: it checks directives.
    #[n(6)]
    pub server_key: PublicKey,
    /// What the first request returns.
    #[n(7)]
    pub token: ByteVec,
    /// How long the phone may go on without contact, in milliseconds.
    #[n(8)]
    pub lease_ms: u64,
    /// The key of the phone's dossiers, if the person may read any.
    #[n(9)]
    pub dossier_key: Option<DossierKey>,
}

/// Why an answer to an invitation is not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnrolError {
    /// Another server's key.
    #[error("the answer comes from another server than the invitation: scan it again, and ask who runs the network")]
    OtherServer,
    /// Not signed by the key it names.
    #[error("the answer was changed on its way: try again")]
    Forged,
    /// Not what it should be.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The server's signer failed.
    #[error(transparent)]
    Signing(#[from] SigningError),
}

/// What the server answers: [`Enrolled`] as bytes, under its signature.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EnrolResponse {
    #[n(0)]
    protocol: u32,
    #[n(1)]
    body: ByteVec,
    #[n(2)]
    signature: Signature,
}

impl EnrolResponse {
    /// Signs what the phone is told.
    ///
    /// # Errors
    /// When the signer cannot sign.
    pub fn seal(enrolled: &Enrolled, signer: &dyn Signer) -> Result<Self, EnrolError> {
        let body = minicbor::to_vec(enrolled).map_err(|error| WireError::Malformed(error.to_string()))?;
        let signature = signer.sign(&message(&body))?;
        Ok(Self { protocol: PROTOCOL, body: body.into(), signature })
    }

    /// Reads what the server with the invitation's fingerprint says.
    ///
    /// # Errors
    /// When another server says it, or nobody does.
    pub fn open(&self, fingerprint: &[u8; 16]) -> Result<Enrolled, EnrolError> {
        let enrolled: Enrolled = parse(&self.body)?;
        if enrolled.server_key.fingerprint() != *fingerprint {
            return Err(EnrolError::OtherServer);
        }
        if !enrolled.server_key.verifies(&message(&self.body), &self.signature) {
            return Err(EnrolError::Forged);
        }
        Ok(enrolled)
    }
}

fn message(body: &[u8]) -> Vec<u8> {
    [b"canvass enrolled 1\n", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Role;
    use crate::signing::SoftwareKey;

    fn key(n: u8) -> SoftwareKey {
        SoftwareKey::from_secret(&[n; 32]).expect("a key")
    }

    fn request() -> EnrolRequest {
        let clock = PhoneTime::from_millis(1_772_000_000_000).expect("a time");
        EnrolRequest::new(41, InvitationCode::new([5; 10]), &key(1), clock).expect("signed")
    }

    fn enrolled() -> Enrolled {
        Enrolled {
            device: DeviceNumber::new(7),
            person: "P7".parse().expect("a person"),
            name: "王芳".to_owned(),
            roles: Role::AccountManager.into(),
            units: vec!["B1-S1".parse().expect("a unit")],
            clock: ServerTime::from_millis(1_772_000_000_000).expect("a time"),
            server_key: key(9).public_key(),
            token: vec![1, 2, 3].into(),
            lease_ms: 14 * 86_400_000,
            dossier_key: Some(DossierKey::new([3; 32])),
        }
    }

    #[test]
    fn a_phone_that_answers_an_invitation_proves_that_it_has_its_key() {
        let request = request();
        assert_eq!(EnrolRequest::decode(&request.encode().expect("encodes")), Ok(request.clone()));
        assert!(request.is_proven());
        assert!(!EnrolRequest { public_key: key(2).public_key(), ..request.clone() }.is_proven());
        assert!(!EnrolRequest { invitation: 42, ..request.clone() }.is_proven());
        assert!(!EnrolRequest { code: InvitationCode::new([6; 10]), ..request }.is_proven());
    }

    #[test]
    fn only_the_server_of_the_invitation_can_say_who_a_phone_is() {
        let fingerprint = key(9).public_key().fingerprint();
        let sealed = EnrolResponse::seal(&enrolled(), &key(9)).expect("sealed");
        let read = EnrolResponse::decode(&sealed.encode().expect("encodes")).expect("decodes");
        assert_eq!(read.open(&fingerprint), Ok(enrolled()));
        assert_eq!(read.open(&key(8).public_key().fingerprint()), Err(EnrolError::OtherServer));
        // Somebody in between names the right key, but does not have it.
        let forged = EnrolResponse::seal(&Enrolled { device: DeviceNumber::new(8), ..enrolled() }, &key(8));
        assert_eq!(forged.expect("sealed").open(&fingerprint), Err(EnrolError::Forged));
        assert!(!format!("{:?}", enrolled()).contains("3, 3"), "no log shows the key of dossiers");
    }

    #[test]
    fn damage_on_the_way_never_panics_and_never_passes() {
        let fingerprint = key(9).public_key().fingerprint();
        let sealed = EnrolResponse::seal(&enrolled(), &key(9)).expect("sealed");
        for at in 0..sealed.body.len() {
            let mut body = sealed.body.to_vec();
            body[at] ^= 0x11;
            let damaged = EnrolResponse { body: body.into(), ..sealed.clone() };
            assert!(damaged.open(&fingerprint).is_err(), "byte {at}");
        }
    }
}
