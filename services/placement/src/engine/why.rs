//! Why is it where it is?

use model::{AppId, Decision, Supi, Timestamp};

use crate::engine::Engine;
use crate::engine::line::way_of;
use crate::guard::Pace;
use crate::judge::Case;

impl Engine {
    /// The decision on the instance of `app` for `supi` as of `now`, explained, without any consequence; `None`
    /// where the UE is not known or does not use the app.
    ///
    /// While an order is live, the instance is judged as if it were not: what is told is whether the order would
    /// be given again. A pause after an order that came to nothing does not show.
    pub fn why(&self, supi: &Supi, app: &AppId, now: Timestamp) -> Option<Decision> {
        let app = self.app(app)?;
        let ue = self.ues.find(supi)?;
        let mut next = self.ues.at(ue).first;
        while let Some(ix) = next {
            let instance = self.instances.at(ix);
            if instance.app == app {
                let case = self.case(ix, now);
                let case = Case { pace: Pace { own: way_of(&instance.state), ..case.pace }, ..case };
                return Some(self.decision_on(ix, &case));
            }
            next = instance.next;
        }
        None
    }
}
