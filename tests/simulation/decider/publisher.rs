//! Puts orders on the bus, and only then keeps what the engine was like after them.

use std::rc::Rc;
use std::time::Duration;

use model::{Order, Stream};
use tokio::sync::mpsc;

use super::{HISTORY, Snapshot};
use crate::broker::{Body, Record, Session, Trouble, publish};
use crate::scene::Scene;
use crate::setting::Breach;

/// How often a publication of unknown fate is repeated, and the pause before each time.
const REPEATS: u32 = 8;
const PAUSE: Duration = Duration::from_millis(250);

/// One thing to do, in order.
pub(crate) enum Job {
    Publish(Vec<Rc<Order>>),
    Keep(Snapshot),
}

/// Works until the other end is dropped; `true` where something could not be published.
pub(crate) async fn run(scene: &Rc<Scene>, replica: usize, mut jobs: mpsc::UnboundedReceiver<Job>) -> bool {
    let session = Session::new();
    let orders_place = HISTORY.iter().position(|stream| *stream == Stream::Orders).expect("listed");
    let mut newest = 0;
    let mut hasty = Vec::new();
    while let Some(job) = jobs.recv().await {
        match job {
            Job::Publish(orders) if scene.setting.is(Breach::AckBeforePublish) => hasty.extend(orders),
            Job::Publish(orders) => match insist(scene, &session, replica, &orders).await {
                Ok(at) => newest = newest.max(at),
                Err(_) => return true,
            },
            Job::Keep(mut snapshot) => {
                let known = &mut snapshot.positions[orders_place];
                *known = (*known).max(newest);
                scene.sleep(scene.chance.millis(1, 30)).await;
                *scene.disks.snapshots[replica].borrow_mut() = Some(snapshot);
            }
        }
        if !hasty.is_empty() && jobs.is_empty() {
            scene.sleep(Duration::from_millis(300)).await;
            if insist(scene, &session, replica, &std::mem::take(&mut hasty)).await.is_err() {
                return true;
            }
        }
    }
    false
}

/// Publishes until it succeeds or cannot succeed any more; the newest position.
async fn insist(
    scene: &Rc<Scene>,
    session: &Session,
    replica: usize,
    orders: &[Rc<Order>],
) -> Result<u64, Trouble> {
    for order in orders {
        scene.note(|| {
            let place =
                |site: &Option<model::SiteId>| site.as_ref().map_or("-".to_owned(), ToString::to_string);
            let (from, to) = (place(&order.source), place(&order.target));
            format!("decider {replica} orders {} #{} {from} to {to}", order.instance, order.generation)
        });
    }
    let record = |order: &Rc<Order>| Record {
        key: order.instance.as_str().into(),
        id: Some(order.relocation.to_string().into()),
        body: Body::Order(Rc::clone(order)),
    };
    let records: Vec<_> = orders.iter().map(record).collect();
    let mut unknown = 0;
    loop {
        match publish(scene, session, Stream::Orders, records.clone()).await {
            Ok(positions) => return Ok(positions.into_iter().max().unwrap_or_default()),
            Err(Trouble::Unknown) if unknown >= REPEATS => return Err(Trouble::Unknown),
            Err(Trouble::Unknown) => unknown += 1,
            Err(Trouble::Transient) => {}
        }
        scene.sleep(PAUSE).await;
    }
}
