use std::future::Future;
use std::sync::Arc;

use model::Stream;

use super::{publish, read, record};
use crate::{Bus, Start, dead_letter};

/// What a consumer cannot digest goes to `dead-letter` with its reason, once, and holds nothing up: also where the
/// consumer dies between the letter and the acknowledgement, and meets the record again.
pub async fn what_cannot_be_digested_goes_to_dead_letter_once<F: Future<Output = Arc<dyn Bus>>>(
    open: impl Fn() -> F,
) {
    let bus = open().await;
    publish(&bus, Stream::Orders, vec![record("a", "1"), record("b", "poison"), record("a", "2")]).await;
    drop(bus);
    for life in 0..2 {
        let bus = open().await;
        let mut consumer = bus.consume(Stream::Orders, "reader", Start::Oldest).await.expect("opens");
        let met = read(&mut consumer, 3).await;
        assert_eq!(met.iter().map(|d| &*d.data).collect::<Vec<_>>(), [&b"1"[..], b"poison", b"2"]);
        publish(&bus, Stream::DeadLetter, vec![dead_letter(Stream::Orders, &met[1], "reader", "no number")])
            .await;
        if life == 1 {
            consumer.ack(met[2].sequence).await.expect("acknowledged");
        }
    }
    let bus = open().await;
    publish(&bus, Stream::Orders, vec![record("b", "3")]).await;
    let mut consumer = bus.consume(Stream::Orders, "reader", Start::Oldest).await.expect("opens");
    assert_eq!(read(&mut consumer, 1).await[0].data, "3", "what was put aside does not come again");
    publish(&bus, Stream::DeadLetter, vec![record("end", "end")]).await;
    let mut operator = bus.consume(Stream::DeadLetter, "operator", Start::Oldest).await.expect("opens");
    let letters = read(&mut operator, 2).await;
    assert_eq!((&*letters[0].key, &*letters[1].key), ("b", "end"), "one letter, under the record's key");
    let letter: serde_json::Value = serde_json::from_slice(&letters[0].data).expect("JSON");
    let told = serde_json::json!({
        "stream": "orders", "sequence": 2, "key": "b", "consumer": "reader", "reason": "no number", "data": "poison",
    });
    assert_eq!(letter, told);
}
