//! The NRF's RSA key pair.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA512, RSA_PKCS1_SHA512, RsaKeyPair, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::io;

/// A fresh RSA-2048 key pair; like Free5GC's key file it outlives restarts of the NRF.
pub(crate) struct Keys {
    pair: RsaKeyPair,
    random: SystemRandom,
}

impl Keys {
    /// Generates the pair; takes tens to hundreds of milliseconds.
    pub(crate) fn generate() -> io::Result<Keys> {
        let pair = RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048)
            .map_err(|_| io::Error::other("the RSA-2048 key of the NRF could not be generated"))?;
        Ok(Keys { pair, random: SystemRandom::new() })
    }

    /// A JWT in compact form (RFC 7519) with the header that Free5GC sends, signed RS512.
    pub(crate) fn sign(&self, claims: &Value) -> Option<String> {
        self.sign_with(&json!({"alg": "RS512", "typ": "JWT"}), claims)
    }

    /// As [`Keys::sign`], with a header of the caller's; the signature is RS512 whatever the header says.
    pub(crate) fn sign_with(&self, header: &Value, claims: &Value) -> Option<String> {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let mut token = format!("{}.{}", encode(header), encode(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA512, &self.random, token.as_bytes(), &mut signature).ok()?;
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Some(token)
    }

    /// Whether `signature` is ours over `message`.
    pub(crate) fn verify(&self, message: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA512, self.pair.public_key().as_ref())
            .verify(message.as_bytes(), signature)
            .is_ok()
    }
}
