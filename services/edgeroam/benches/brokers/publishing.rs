//! How many records a second the bus takes, beside a bare client.

use std::time::Instant;

use bus::{Bus, Record};
use futures_util::StreamExt as _;
use model::Stream;

use crate::{Extent, Peer, figure};

/// Publications that are under way at once, ours and the bare client's.
pub(crate) const AT_ONCE: usize = 512;

/// A payload of the size of a location event.
pub(crate) fn payload(number: usize) -> Vec<u8> {
    let mut text = format!("{{\"number\":{number},\"fill\":\"");
    text.extend(std::iter::repeat_n('x', 250 - text.len()));
    text.push_str("\"}");
    text.into_bytes()
}

pub(crate) async fn figures(
    name: &str,
    config: &bus::Config,
    bare: &impl Peer,
    extent: Extent,
) -> anyhow::Result<()> {
    let bus = config.open(std::path::Path::new("")).await?;
    // Once each to warm up, then in turns, so that both see the same weather.
    ours(bus.as_ref(), extent.records / 10, "warm").await?;
    bare.publish(extent.records / 10).await?;
    let (mut own, mut plain) = (Vec::new(), Vec::new());
    for round in 0..3 {
        plain.push(bare.publish(extent.records).await?);
        own.push(ours(bus.as_ref(), extent.records, &format!("round-{round}")).await?);
    }
    figure::print(&format!("publish/{name}"), median(own), "records/s", Some(median(plain)));
    bus.close().await;
    Ok(())
}

/// As callbacks of a core publish: each record by a call of its own, many at once.
async fn ours(bus: &dyn Bus, records: usize, round: &str) -> anyhow::Result<f64> {
    let began = Instant::now();
    let mut calls = futures_util::stream::iter(0..records)
        .map(|number| {
            let record = Record {
                key: format!("imsi-{:015}", number % 1_000).into(),
                id: Some(format!("{round}/{number}").into()),
                data: payload(number).into(),
            };
            bus.publish(Stream::Decisions, vec![record])
        })
        .buffer_unordered(AT_ONCE);
    while let Some(published) = calls.next().await {
        published?;
    }
    Ok(records as f64 / began.elapsed().as_secs_f64())
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
