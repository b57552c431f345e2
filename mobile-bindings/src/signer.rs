//! A signing key in the platform's key store (Android Keystore, Secure Enclave), where the app has one: the phone then has no
//! key that could be copied off it.

use crate::PhoneError;
use canvass_core::signing::{PublicKey, Signature, Signer as CoreSigner, SigningError};
use std::sync::Arc;

/// Why the platform's key store did not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum SignerError {
    /// The key store refused or failed.
    #[error("{reason}")]
    Failed {
        /// What the platform says.
        reason: String,
    },
}

/// Whatever else a foreign signer throws is a failure too.
impl From<uniffi::UnexpectedUniFFICallbackError> for SignerError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed { reason: error.reason }
    }
}

/// Signs by a P-256 key of the platform's key store, one for each person on the phone.
#[uniffi::export(foreign)]
pub trait Signer: Send + Sync {
    /// The public key as a point of the curve: 65 bytes (uncompressed) or 33 (compressed).
    ///
    /// # Errors
    /// When the key store does not give it.
    fn public_key(&self) -> Result<Vec<u8>, SignerError>;

    /// Signs a message by ECDSA with SHA-256 (`SHA256withECDSA`); in DER, or r and s of 32 bytes each.
    ///
    /// # Errors
    /// When the key store does not sign.
    fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, SignerError>;
}

/// The platform's key store as the engine sees it.
pub(crate) struct Platform {
    signer: Arc<dyn Signer>,
    public_key: PublicKey,
}

impl Platform {
    pub(crate) fn of(signer: Arc<dyn Signer>) -> Result<Arc<dyn CoreSigner>, PhoneError> {
        let wrong = |reason: String| PhoneError::SignerFailed { reason };
        let bytes = signer.public_key().map_err(|error| wrong(error.to_string()))?;
        let public_key = PublicKey::from_bytes(&bytes).map_err(|error| wrong(error.to_string()))?;
        Ok(Arc::new(Self { signer, public_key }))
    }
}

impl CoreSigner for Platform {
    fn public_key(&self) -> PublicKey {
        self.public_key
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SigningError> {
        let bytes = self.signer.sign(message.to_vec()).map_err(|error| SigningError(error.to_string()))?;
        let signature = Signature::from_bytes(&bytes)?;
        if self.public_key.verifies(message, &signature) {
            Ok(signature)
        } else {
            Err(SigningError("the platform's key store signed by another key than it names".to_owned()))
        }
    }
}
