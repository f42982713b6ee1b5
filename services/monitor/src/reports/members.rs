//! The members of a JSON object, read one by one, so that whoever sent it is told which one is wrong.

use std::collections::BTreeMap;

use http::StatusCode;
use runtime::problem::Problem;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The longest part of an error that is repeated, in characters.
const SHOWN: usize = 300;

/// The members that were not read yet.
pub(super) struct Members<'a> {
    /// Where the object is in the body: a JSON pointer (RFC 6901).
    at: String,
    unread: BTreeMap<String, &'a RawValue>,
    read: Vec<&'static str>,
}

impl<'a> Members<'a> {
    /// Of the object at this place of the body.
    ///
    /// # Errors
    /// 400 where it is no object.
    pub(super) fn of(text: &'a str, at: String) -> Result<Self, Problem> {
        let unread = serde_json::from_str(text).map_err(|error| bad(&at, "an object is wanted", &error))?;
        Ok(Self { at, unread, read: Vec::new() })
    }

    /// A member that may be absent or `null`.
    ///
    /// # Errors
    /// 400 names the member and what is wrong with it.
    pub(super) fn take<T: Deserialize<'a>>(&mut self, name: &'static str) -> Result<Option<T>, Problem> {
        self.read.push(name);
        let Some(raw) = self.unread.remove(name) else { return Ok(None) };
        serde_json::from_str(raw.get())
            .map_err(|error| bad(&format!("{}/{name}", self.at), &format!("`{name}`"), &error))
    }

    /// A member that must be there.
    ///
    /// # Errors
    /// As [`take`](Self::take), and where it is absent.
    pub(super) fn need<T: Deserialize<'a>>(&mut self, name: &'static str) -> Result<T, Problem> {
        self.take(name)?.ok_or_else(|| self.refuse(name, format!("`{name}` is missing")))
    }

    /// Every member has been read.
    ///
    /// # Errors
    /// 400 names a member that is unknown, and those that are known.
    pub(super) fn end(&self) -> Result<(), Problem> {
        let Some(name) = self.unread.keys().next() else { return Ok(()) };
        let name: String = name.chars().take(64).collect();
        let known = self.read.join(", ");
        Err(self.refuse(
            &name.replace('~', "~0").replace('/', "~1"),
            format!("`{name}` is unknown; there are {known}"),
        ))
    }

    /// 400 because of this member.
    pub(super) fn refuse(&self, name: &str, why: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, why).at(format!("{}/{name}", self.at))
    }

    /// 400 because of the member that this text begins with, between backquotes, if it does: `` `a.b` `` is `/a/b`.
    pub(super) fn refuse_named(&self, why: String) -> Problem {
        let named = why.strip_prefix('`').and_then(|rest| rest.split_once('`'));
        let at = named
            .map_or_else(|| self.at.clone(), |(name, _)| format!("{}/{}", self.at, name.replace('.', "/")));
        Problem::new(StatusCode::BAD_REQUEST, why).at(at)
    }
}

/// 400 with what serde_json says, without its place: that would be one within the member.
pub(super) fn bad(at: &str, about: &str, error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let said = text.rsplit_once(" at line ").map_or(text.as_str(), |(said, _)| said);
    let said: String = said.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    Problem::new(StatusCode::BAD_REQUEST, format!("{about}: {said}")).at(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(problem: Problem) -> (String, String) {
        let body: serde_json::Value = serde_json::from_str(problem.response().body()).expect("JSON");
        let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
        (text(&body["detail"]), text(&body["errors"][0]["pointer"]))
    }

    #[test]
    fn whatever_is_wrong_is_told_with_its_place() {
        let mut members =
            Members::of(r#"{"a":1,"b":null,"c":"x","d/e":{}}"#, "/3".into()).expect("an object");
        assert_eq!(members.take::<u32>("a").expect("read"), Some(1));
        assert_eq!(members.take::<u32>("b").expect("read"), None);
        let (detail, at) = told(members.take::<u32>("c").expect_err("no number"));
        assert_eq!(detail, "`c`: invalid type: string \"x\", expected u32");
        assert_eq!(at, "#/3/c");
        assert_eq!(told(members.need::<u32>("f").expect_err("missing")).1, "#/3/f");
        let (detail, at) = told(members.end().expect_err("unknown"));
        assert_eq!(detail, "`d/e` is unknown; there are a, b, c, f");
        assert_eq!(at, "#/3/d~1e");
        let named = members.refuse_named("`resources.cpu` is 7".into());
        assert_eq!(told(named).1, "#/3/resources/cpu");
        assert_eq!(told(members.refuse_named("nothing is there".into())).1, "#/3");
        assert!(Members::of("[]", String::new()).is_err());
    }
}
