//! From the bytes of a request to the bytes of its answer.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use hickory_proto::op::{Edns, Message, OpCode, ResponseCode};
use hickory_proto::rr::{DNSClass, RecordType, TSigner};

use super::tsig::{self, Checked};
use super::update;
use super::zone::{Found, Zone};

/// What an answer over UDP may hold where the client says nothing (RFC 1035, section 4.2.1).
const PLAIN_UDP_BYTES: u16 = 512;
/// What it holds at most, so that it is never fragmented (DNS flag day 2020).
const MAX_UDP_BYTES: u16 = 1232;

/// How a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Udp,
    Tcp,
}

/// Answers requests.
pub(super) struct Responder {
    pub(super) zone: Arc<RwLock<Zone>>,
    pub(super) signer: Option<TSigner>,
}

impl Responder {
    /// The answer to `request`; none where it deserves none.
    pub(super) fn respond(&self, request: &[u8], transport: Transport) -> Option<Vec<u8>> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        self.respond_at(request, transport, now)
    }

    fn respond_at(&self, request: &[u8], transport: Transport, now: u64) -> Option<Vec<u8>> {
        // Too short to say who asked, or itself an answer: two servers must not answer each other for ever.
        let (&[high, low, flags, _], _) = request.split_first_chunk::<4>()?;
        if flags & 0x80 != 0 {
            return None;
        }
        let Ok(message) = Message::from_vec(request) else {
            let id = u16::from_be_bytes([high, low]);
            return Message::error_msg(id, OpCode::Query, ResponseCode::FormErr).to_vec().ok();
        };
        let mut answer = self.answer(request, &message, now);
        if transport == Transport::Udp {
            let limit = message.edns.as_ref().map_or(PLAIN_UDP_BYTES, Edns::max_payload);
            let limit = limit.clamp(PLAIN_UDP_BYTES, MAX_UDP_BYTES);
            if answer.to_vec().ok()?.len() > limit.into() {
                // RFC 8945, section 5.3: a truncated answer is not worth a signature, only that it be
                // repeated over TCP.
                answer = answer.truncate();
            }
        }
        answer.to_vec().ok()
    }

    fn answer(&self, request: &[u8], message: &Message, now: u64) -> Message {
        let mut answer = Message::response(message.id, message.op_code);
        answer.metadata.recursion_desired = message.recursion_desired;
        if message.op_code != OpCode::Update {
            answer.queries = message.queries.clone();
        }
        if let Some(asked) = &message.edns {
            let mut edns = Edns::new();
            edns.set_max_payload(MAX_UDP_BYTES);
            answer.set_edns(edns);
            if asked.version() > 0 {
                answer.metadata.response_code = ResponseCode::BADVERS;
                return answer;
            }
        }
        let signer = self.signer.as_ref();
        match tsig::check(signer, request, message, now) {
            Checked::Unsigned => self.fill(message, &mut answer, signer.is_none()),
            Checked::Good { mac } => {
                self.fill(message, &mut answer, true);
                if let Some(signer) = signer {
                    tsig::sign(&mut answer, signer, &mac, now);
                }
            }
            Checked::Refused(refusal) => {
                tracing::debug!(?refusal, "TSIG refused");
                answer.metadata.response_code = ResponseCode::NotAuth;
                tsig::refuse(&mut answer, signer, refusal, now);
            }
        }
        answer
    }

    fn fill(&self, message: &Message, answer: &mut Message, may_update: bool) {
        answer.metadata.response_code = match message.op_code {
            OpCode::Query => {
                let zone = self.zone.read().unwrap_or_else(PoisonError::into_inner);
                query(&zone, message, answer)
            }
            OpCode::Update if !may_update => ResponseCode::Refused,
            OpCode::Update => {
                update::apply(&mut self.zone.write().unwrap_or_else(PoisonError::into_inner), message)
            }
            OpCode::Status | OpCode::Notify | OpCode::Unknown(_) => ResponseCode::NotImp,
        };
    }
}

fn query(zone: &Zone, message: &Message, answer: &mut Message) -> ResponseCode {
    let [question] = message.queries.as_slice() else { return ResponseCode::FormErr };
    let name = question.name().to_lowercase();
    if question.query_class() != DNSClass::IN || !zone.origin().zone_of(&name) {
        return ResponseCode::Refused;
    }
    let kind = question.query_type();
    if matches!(kind, RecordType::AXFR | RecordType::IXFR | RecordType::ANY) {
        return ResponseCode::Refused;
    }
    answer.metadata.authoritative = true;
    match zone.find(&name, kind) {
        Found::Records(records) => {
            answer.answers.extend_from_slice(records);
            // Names are compared without case, and the asker gets the case it asked with.
            for record in &mut answer.answers {
                record.name = question.name().clone();
            }
            ResponseCode::NoError
        }
        Found::NoData => {
            answer.authorities.push(zone.soa().clone());
            ResponseCode::NoError
        }
        Found::NoName => {
            answer.authorities.push(zone.soa().clone());
            ResponseCode::NXDomain
        }
    }
}
