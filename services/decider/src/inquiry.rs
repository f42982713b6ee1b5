//! Questions about how instances stand, answered by the task that owns the engine.

use std::sync::Arc;
use std::time::Duration;

use model::{AppId, InstanceId, Supi, Timestamp};
use placement::{Engine, Question as Open, Standing};
use thiserror::Error;
use tokio::sync::{Mutex, mpsc, oneshot};

/// Questions that may wait.
const WAITING: usize = 16;
/// How long whoever asks waits for the answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// The instances of a UE: that of one app, or of all that it uses.
    Ue {
        /// The UE.
        supi: Supi,
        /// The app; all of them where there is none.
        app: Option<AppId>,
    },
    /// One instance, whether its UE is known or not.
    Instance {
        /// Its app.
        app: AppId,
        /// Its id.
        instance: InstanceId,
    },
    /// The moves that somebody has to agree to.
    Moves,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// How each instance stands now; at least one.
    Stands(Vec<Standing>),
    /// The moves that wait for nothing but somebody's word.
    Moves(Vec<Open>),
    /// There is none.
    Unknown {
        /// The apps that the UE uses, where the UE is known.
        apps: Vec<AppId>,
    },
    /// Another replica decides. This one follows it, and does not know all that operators ask of instances, so that what
    /// it would say need not be what is decided.
    StandsBy,
}

/// Why there is no answer. The decider is not to blame for the first, and may be for the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InquiryError {
    /// Too many wait already.
    #[error("{WAITING} questions wait for an answer already; ask again")]
    Busy,
    /// No answer within reason: it starts, stops, or has too much to do.
    #[error("the decider did not answer within {} s: it starts, stops, or has too much to do", PATIENCE.as_secs())]
    Silent,
}

/// Asks the decider. Asking changes nothing, publishes nothing and orders nothing.
#[derive(Debug, Clone)]
pub struct Inquirer(mpsc::Sender<Question>);

/// A question and where its answer goes.
#[derive(Debug)]
pub(crate) struct Question {
    about: About,
    answer: oneshot::Sender<Answer>,
}

/// Where questions arrive: one for all terms of a replica, of which one is under way at a time.
#[derive(Debug, Clone)]
pub(crate) struct Inbox(Arc<Mutex<mpsc::Receiver<Question>>>);

/// Both ends.
pub(crate) fn channel() -> (Inquirer, Inbox) {
    let (asking, asked) = mpsc::channel(WAITING);
    (Inquirer(asking), Inbox(Arc::new(Mutex::new(asked))))
}

impl Inquirer {
    /// Asks, and waits a few seconds for the answer.
    ///
    /// # Errors
    /// [`InquiryError`] where there is none.
    pub async fn ask(&self, about: About) -> Result<Answer, InquiryError> {
        let (answer, answered) = oneshot::channel();
        self.0.try_send(Question { about, answer }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => InquiryError::Busy,
            mpsc::error::TrySendError::Closed(_) => InquiryError::Silent,
        })?;
        let answered = tokio::time::timeout(PATIENCE, answered).await;
        answered.ok().and_then(Result::ok).ok_or(InquiryError::Silent)
    }
}

impl Inbox {
    /// The next question; never, once nobody can ask any more. No question is lost where the wait is abandoned.
    pub(crate) async fn next(&self) -> Question {
        match self.0.lock().await.recv().await {
            Some(question) => question,
            None => std::future::pending().await,
        }
    }
}

impl Question {
    /// Answers from an engine that decides.
    pub(crate) fn answer(self, engine: &Engine, now: Timestamp) {
        let answer = match &self.about {
            About::Ue { supi, app } => of_ue(engine.standings(supi, now), app.as_ref()),
            About::Instance { app, instance } => engine
                .standing(app, instance, now)
                .map_or(Answer::Unknown { apps: Vec::new() }, |standing| Answer::Stands(vec![standing])),
            About::Moves => Answer::Moves(engine.questions(now)),
        };
        // Whoever asked may have given up.
        let _ = self.answer.send(answer);
    }

    /// Answers that another replica decides.
    pub(crate) fn turn_away(self) {
        let _ = self.answer.send(Answer::StandsBy);
    }
}

/// Of all instances of a UE those that are asked about.
fn of_ue(all: Option<Vec<Standing>>, app: Option<&AppId>) -> Answer {
    let all = all.unwrap_or_default();
    let apps = all.iter().map(|standing| standing.decision.app.clone()).collect();
    let wanted = |standing: &Standing| app.is_none_or(|app| standing.decision.app == *app);
    let stands: Vec<_> = all.into_iter().filter(wanted).collect();
    if stands.is_empty() { Answer::Unknown { apps } } else { Answer::Stands(stands) }
}
