//! Everything that an executor publishes, in order, repeated until it is on the bus.

use std::rc::Rc;
use std::time::Duration;

use model::Stream;
use tokio::sync::{mpsc, oneshot};

use crate::broker::{Record, Session, publish};
use crate::scene::Scene;

const SHORTEST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What is to be published, and who wants to know when it is.
pub(crate) struct Letter {
    pub(crate) stream: Stream,
    pub(crate) record: Record,
    pub(crate) out: oneshot::Sender<()>,
}

/// Empties the outbox.
pub(crate) async fn deliver(scene: Rc<Scene>, mut mailbox: mpsc::UnboundedReceiver<Letter>) {
    let session = Session::new();
    let mut batch: Vec<Letter> = Vec::new();
    loop {
        if batch.is_empty() && mailbox.recv_many(&mut batch, 16).await == 0 {
            return;
        }
        // An instance's state is out before the outcome that names it.
        let stream = batch[0].stream;
        let same = batch.iter().position(|letter| letter.stream != stream).unwrap_or(batch.len());
        let letters: Vec<Letter> = batch.drain(..same).collect();
        let mut wait = SHORTEST_WAIT;
        loop {
            let records = letters.iter().map(|letter| letter.record.clone()).collect();
            if publish(&scene, &session, stream, records).await.is_ok() {
                break;
            }
            scene.sleep(wait).await;
            wait = LONGEST_WAIT.min(wait * 2);
        }
        for letter in letters {
            let _ = letter.out.send(());
        }
    }
}
