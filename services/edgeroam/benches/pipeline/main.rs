//! Figures of the path from a notification to an order, each beside a bare peer measured in the same run.
//!
//! `cargo bench --bench pipeline` prints one JSON object a line; `--short` does less of everything, and words after
//! `--` choose: `engine`, `look-up`, `sync`, `os`, `subscriber`. Nothing here fails on time: machines are noisy, and the
//! ratio to the bare peer is what carries over to another one.

mod disk;
mod engine;
mod figure;
mod load;
mod look_up;
mod notification;
mod sink;
mod town;
mod whole_loop;

use bus::embedded::Durability;
use bytes::Bytes;
use hdrhistogram::Histogram;
use load::Ran;
use whole_loop::WholeLoop;

/// How much is done.
struct Extent {
    requests: u64,
    rounds: u32,
    ues: u64,
    turns: u64,
    look_ups: u32,
}

fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let short = args.iter().any(|arg| arg == "--short");
    let chosen: Vec<&str> = args.iter().map(String::as_str).filter(|arg| !arg.starts_with("--")).collect();
    let wanted = |name: &str| chosen.is_empty() || chosen.contains(&name);
    let extent = if short {
        Extent { requests: 30_000, rounds: 1, ues: 100_000, turns: 10, look_ups: 100_000 }
    } else {
        Extent { requests: 300_000, rounds: 3, ues: 1_000_000, turns: 10, look_ups: 2_000_000 }
    };
    // First, while nothing else has touched the heap.
    if wanted("engine") {
        engine::figures(extent.ues, extent.turns)?;
    }
    if wanted("look-up") {
        look_up::figures(extent.look_ups)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        for (name, durability) in [("sync", Durability::Sync), ("os", Durability::Os)] {
            if wanted(name) {
                callback_to_order(&extent, name, durability).await?;
            }
        }
        if wanted("subscriber") {
            let whole = WholeLoop::start(Durability::Os).await?;
            let bytes = whole.subscriber_bytes_per_ue(extent.ues).await?;
            figure::print("subscriber_bytes_per_ue", bytes, "bytes", None);
            whole.stop().await;
        }
        Ok(())
    })
}

/// Throughput and latency, alternating with the sink so that both see the same weather.
async fn callback_to_order(extent: &Extent, name: &str, durability: Durability) -> anyhow::Result<()> {
    let sink = sink::start().await?;
    let mut ours = Vec::new();
    let mut bare = Vec::new();
    for _ in 0..extent.rounds {
        bare.push(load::post(&sink, None, bodies(extent.requests)).await?);
        let whole = WholeLoop::start(durability).await?;
        ours.push(whole.run(extent.requests, None).await?);
        whole.stop().await;
    }
    let cpu = |runs: &[Ran]| median(runs.iter().map(|ran| ran.cpu_us).collect());
    figure::print(&format!("callback_to_order_cpu/{name}"), cpu(&ours), "us/request", Some(cpu(&bare)));
    let rate = |runs: &[Ran]| median(runs.iter().map(|ran| ran.rate).collect());
    let (ours, bare) = (rate(&ours), rate(&bare));
    figure::print(&format!("callback_to_order/{name}"), ours, "requests/s", Some(bare));

    let half = ours / 2.0;
    let requests = (half * if extent.rounds == 1 { 2.0 } else { 10.0 }) as u64;
    let bare = load::post(&sink, Some(half), bodies(requests)).await?;
    let whole = WholeLoop::start(durability).await?;
    let ran = whole.run(requests, Some(half)).await?;
    let fdatasync = disk::fdatasync(whole.folder(), 1_000)?;
    whole.stop().await;
    let p99 = |ran: &Ran| millis(&ran.latency_us, 0.99);
    figure::print(&format!("half_load_p99/{name}"), p99(&ran), "ms", Some(p99(&bare)));
    figure::print(
        &format!("half_load_p50/{name}"),
        millis(&ran.latency_us, 0.5),
        "ms",
        Some(millis(&bare.latency_us, 0.5)),
    );
    figure::print("fdatasync_p99", millis(&fdatasync, 0.99), "ms", None);
    let goal = 2.0 * (p99(&bare) + 2.0 * millis(&fdatasync, 0.99));
    figure::print(&format!("half_load_p99_against_goal/{name}"), p99(&ran), "ms", Some(goal));
    Ok(())
}

/// The same notifications for the sink, which looks at no correlation id; this one is as long as ours.
fn bodies(requests: u64) -> Vec<Bytes> {
    (0..requests).map(|n| notification::body("00000000-0000-4000-8000-000000000000", n)).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn millis(histogram_us: &Histogram<u64>, quantile: f64) -> f64 {
    histogram_us.value_at_quantile(quantile) as f64 / 1000.0
}
