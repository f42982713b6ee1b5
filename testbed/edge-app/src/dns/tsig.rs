//! TSIG on the server's side (RFC 8945, section 5.2): who signed a request, and the signature of its answer.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hickory_proto::op::Message;
use hickory_proto::rr::rdata::TSIG;
use hickory_proto::rr::rdata::tsig::{self, TsigError, make_tsig_record, signed_bitmessage_to_buf};
use hickory_proto::rr::{Name, Record, TSigner};

/// Seconds by which clocks may differ (RFC 8945, section 10, recommends 300).
const FUDGE_SECONDS: u16 = 300;

/// The algorithms that this server signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TsigAlgorithm {
    /// HMAC with SHA-256.
    #[default]
    HmacSha256,
    /// HMAC with SHA-384.
    HmacSha384,
    /// HMAC with SHA-512.
    HmacSha512,
}

/// A TSIG key.
#[derive(Clone)]
pub struct TsigKey {
    /// Its name, a domain name.
    pub name: String,
    /// Its algorithm.
    pub algorithm: TsigAlgorithm,
    /// The secret itself, not its base64 text.
    pub secret: Vec<u8>,
}

impl TsigKey {
    /// A key from the base64 text that key files hold.
    ///
    /// # Errors
    /// `InvalidInput` where the text is no base64.
    pub fn from_base64(name: &str, algorithm: TsigAlgorithm, secret: &str) -> io::Result<Self> {
        let secret = STANDARD
            .decode(secret)
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, format!("TSIG key `{name}`: {e}")))?;
        Ok(Self { name: name.to_owned(), algorithm, secret })
    }

    /// The secret as base64 text.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(&self.secret)
    }

    pub(super) fn signer(&self) -> io::Result<TSigner> {
        let algorithm = match self.algorithm {
            TsigAlgorithm::HmacSha256 => tsig::TsigAlgorithm::HmacSha256,
            TsigAlgorithm::HmacSha384 => tsig::TsigAlgorithm::HmacSha384,
            TsigAlgorithm::HmacSha512 => tsig::TsigAlgorithm::HmacSha512,
        };
        TSigner::new(self.secret.clone(), algorithm, super::domain_name(&self.name)?, FUDGE_SECONDS)
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e.to_string()))
    }
}

impl std::fmt::Debug for TsigKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TsigKey")
            .field("name", &self.name)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// What the signature of a request amounts to.
#[derive(Debug)]
pub(super) enum Checked {
    /// There is none.
    Unsigned,
    /// It is good; its MAC goes into the signature of the answer.
    Good { mac: Vec<u8> },
    /// It is refused: the answer is NOTAUTH with this error.
    Refused(Refusal),
}

/// Why a signature is refused.
#[derive(Debug)]
pub(super) enum Refusal {
    /// BADKEY: the server has no such key; answered unsigned (section 5.2.1).
    Key { name: Name, tsig: TSIG },
    /// BADSIG: the MAC is wrong; answered unsigned (section 5.2.2).
    Mac { tsig: TSIG },
    /// BADTIME: the clocks differ too much; answered signed, with the client's time and ours (section 5.2.3).
    Time { mac: Vec<u8>, client_time: u64 },
}

/// Checks the signature of a request that `message` was decoded from. `now` is in seconds since 1970.
pub(super) fn check(signer: Option<&TSigner>, bytes: &[u8], message: &Message, now: u64) -> Checked {
    let Some(record) = message.signature() else { return Checked::Unsigned };
    let tsig = record.data.clone();
    let Some(signer) = signer.filter(|s| record.name == *s.signer_name() && tsig.algorithm == *s.algorithm())
    else {
        return Checked::Refused(Refusal::Key { name: record.name.clone(), tsig });
    };
    let verified = signed_bitmessage_to_buf(bytes, None, true)
        .is_ok_and(|(signed, _)| signer.verify(&signed, &tsig.mac).is_ok());
    if !verified {
        return Checked::Refused(Refusal::Mac { tsig });
    }
    if now.abs_diff(tsig.time) > tsig.fudge.into() {
        return Checked::Refused(Refusal::Time { mac: tsig.mac, client_time: tsig.time });
    }
    Checked::Good { mac: tsig.mac }
}

/// Signs `answer` for a request that carried `request_mac`.
pub(super) fn sign(answer: &mut Message, signer: &TSigner, request_mac: &[u8], now: u64) {
    let unsigned = empty(signer, answer.id, now, None, Vec::new());
    put_signature(answer, signer, request_mac, unsigned);
}

/// Puts the TSIG record of a refusal into `answer` (section 5.3.2 says which of them are signed).
pub(super) fn refuse(answer: &mut Message, signer: Option<&TSigner>, refusal: Refusal, now: u64) {
    let (name, tsig) = match (refusal, signer) {
        (Refusal::Time { mac, client_time }, Some(signer)) => {
            let ours = now.to_be_bytes()[2..].to_vec();
            let tsig = empty(signer, answer.id, client_time, Some(TsigError::BadTime), ours);
            return put_signature(answer, signer, &mac, tsig);
        }
        (Refusal::Key { name, tsig }, _) => (name, unsigned_error(tsig, TsigError::BadKey)),
        (Refusal::Mac { tsig }, Some(signer)) => {
            (signer.signer_name().clone(), unsigned_error(tsig, TsigError::BadSig))
        }
        // Without a key there is nothing but BADKEY.
        (Refusal::Mac { .. } | Refusal::Time { .. }, None) => return,
    };
    answer.set_signature(Box::new(make_tsig_record(name, tsig)));
}

fn unsigned_error(mut tsig: TSIG, error: TsigError) -> TSIG {
    tsig.mac = Vec::new();
    tsig.other = Vec::new();
    tsig.error = Some(error);
    tsig
}

fn empty(signer: &TSigner, id: u16, time: u64, error: Option<TsigError>, other: Vec<u8>) -> TSIG {
    TSIG::new(signer.algorithm().clone(), time, signer.fudge(), Vec::new(), id, error, other)
}

fn put_signature(answer: &mut Message, signer: &TSigner, request_mac: &[u8], mut tsig: TSIG) {
    let signature = answer
        .to_vec()
        .and_then(|bytes| signer.encode_response_tbs(request_mac, &bytes, &tsig))
        .map_err(|e| e.to_string())
        .and_then(|signed| signer.sign(&signed).map_err(|e| e.to_string()));
    match signature {
        Ok(mac) => {
            tsig.mac = mac;
            let record: Record<TSIG> = make_tsig_record(signer.signer_name().clone(), tsig);
            answer.set_signature(Box::new(record));
        }
        Err(error) => tracing::error!(%error, "DNS answer left unsigned"),
    }
}
