//! The pivot: a request through the name is answered by the new release. For an instance that is let go: the name
//! leads nowhere.

use super::{Poll, Work};
use crate::address;
use crate::error::StepError;
use crate::probe::Seen;

pub(super) async fn run(work: &Work) -> Result<(), StepError> {
    let mut poll = Poll::new(&work.ctx.config);
    loop {
        match look(work).await? {
            Ok(()) => return Ok(()),
            Err(why) => work.said.say(why),
        }
        poll.wait().await;
    }
}

async fn look(work: &Work) -> Result<Result<(), String>, StepError> {
    let (ready, name) = (work.ready.as_ref(), &work.job.name);
    let expected = ready.map(|placement| placement.address.as_str());
    if let Some(steering) = &work.ctx.steering {
        let found = match steering.lookup(name).await {
            Ok(found) => found,
            Err(error) if error.class == relocation::Class::Permanent => return Err(error.into()),
            Err(error) => return Ok(Err(error.reason)),
        };
        let wanted = expected.map(address::ip).transpose();
        let wanted: Vec<_> = wanted.map_err(|e| StepError::permanent(e.to_string()))?.into_iter().collect();
        if found != wanted {
            return Ok(Err(format!("the name leads to {found:?}, not to {wanted:?}")));
        }
    }
    let (Some(ready), Some(address)) = (ready, expected) else { return Ok(Ok(())) };
    let host = work.ctx.steering.as_ref().map(|steering| steering.qualified(name));
    let probe = &work.app.spec.probe;
    Ok(match work.ctx.prober.ask(address, host.as_deref(), probe, &ready.release).await {
        Seen::Release => Ok(()),
        Seen::Other(text) => Err(format!("{address} answers as `{text}`")),
        Seen::Silent(why) => Err(format!("{address}: {why}")),
    })
}
