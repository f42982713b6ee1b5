//! `edgeroam why --now`: how an instance stands at this moment, whether or not anything was decided.

use anyhow::{Context as _, bail};
use placement::Standing;

use super::Args;
use super::subject::Subject;
use crate::operate::Admin;
use crate::settings::Settings;

/// How each instance stands that is asked about.
///
/// # Errors
/// What is asked about is no UE and no instance, nobody answers, or what the admin port says.
pub(super) fn ask(args: &Args) -> anyhow::Result<Vec<Standing>> {
    let query = query(&args.subject)?;
    let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let admin = Admin::of(&Settings::load(&args.config)?, args.admin.as_ref())?;
    let answer = crate::cli::runtime()?.block_on(admin.get("/v1/why", &query))?;
    serde_json::from_slice(&answer).context("the admin port's answer at /v1/why")
}

fn query(subject: &Subject) -> anyhow::Result<Vec<(&'static str, String)>> {
    Ok(match subject {
        Subject::Ue(supi) => vec![("ue", supi.to_string())],
        Subject::UeOf(app, supi) => vec![("ue", supi.to_string()), ("app", app.to_string())],
        Subject::Instance(app, instance) => {
            vec![("app", app.to_string()), ("instance", instance.to_string())]
        }
        Subject::Name(_) | Subject::Relocation(_) | Subject::Release(_) => {
            bail!("--now is of a UE (imsi-…) or an instance (APP/INSTANCE, APP/imsi-…), and not of {subject}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ues_and_instances_stand_somewhere_now() {
        let read = |text: &str| query(&text.parse().expect("a subject"));
        assert_eq!(read("imsi-208930000000003").expect("a UE").len(), 1);
        let own = read("echo/imsi-208930000000003").expect("a UE's instance");
        assert_eq!(own, [("ue", "imsi-208930000000003".to_owned()), ("app", "echo".to_owned())]);
        assert_eq!(read("echo/00ff").expect("an instance")[1], ("instance", "00ff".to_owned()));
        for other in ["echo", "er-0123456789ab"] {
            assert!(read(other).expect_err("neither").to_string().contains("--now is of a UE"), "{other}");
        }
    }
}
