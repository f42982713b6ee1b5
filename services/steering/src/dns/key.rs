//! TSIG keys: plain base64, or the `key` clause of BIND's configuration.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hickory_proto::rr::rdata::tsig::TsigAlgorithm;
use hickory_proto::rr::{Name, TSigner};

use super::config::{Algorithm, Tsig};
use crate::SteeringError;

/// Seconds by which the server's clock may differ (RFC 8945, section 10, recommends 300).
const FUDGE_SECONDS: u16 = 300;
/// The largest key file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 10;

/// What a key file says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Material {
    name: Option<String>,
    algorithm: Option<Algorithm>,
    secret: String,
}

/// Reads the key.
pub(super) fn load(tsig: &Tsig) -> Result<TSigner, SteeringError> {
    let refuse = |field, reason: String| SteeringError::Config { field, reason };
    let (field, material) = match (&tsig.key, &tsig.key_file) {
        (Some(key), None) => ("tsig.key", parse(key)),
        (None, Some(path)) => ("tsig.key_file", read(path).and_then(|text| parse(&text))),
        (Some(_), Some(_)) => ("tsig", Err("both `key` and `key_file` are given; leave one out".to_owned())),
        (None, None) => ("tsig", Err("neither `key` nor `key_file` is given".to_owned())),
    };
    let in_file = |reason: String| match &tsig.key_file {
        Some(path) => format!("{}: {reason}", path.display()),
        None => reason,
    };
    let material = material.map_err(|reason| refuse(field, in_file(reason)))?;
    let name = one_of("name", tsig.name.clone().map(|n| n.trim_end_matches('.').to_owned()), material.name)
        .map_err(|reason| refuse("tsig.name", in_file(reason)))?
        .ok_or_else(|| {
            refuse("tsig.name", "is missing, and the key itself does not say its name".to_owned())
        })?;
    let algorithm = one_of("algorithm", tsig.algorithm, material.algorithm)
        .map_err(|reason| refuse("tsig.algorithm", in_file(reason)))?
        .unwrap_or_default();
    let secret = STANDARD.decode(&material.secret).map_err(|e| {
        refuse(
            field,
            in_file(format!("the secret is no base64 ({e}); it is the text that tsig-keygen shows")),
        )
    })?;
    if secret.is_empty() {
        return Err(refuse(field, in_file("the secret is empty".to_owned())));
    }
    let name = Name::from_ascii(&name)
        .map_err(|e| refuse("tsig.name", format!("`{name}` is no domain name, as key names are: {e}")))?;
    let algorithm = match algorithm {
        Algorithm::HmacSha256 => TsigAlgorithm::HmacSha256,
        Algorithm::HmacSha384 => TsigAlgorithm::HmacSha384,
        Algorithm::HmacSha512 => TsigAlgorithm::HmacSha512,
    };
    TSigner::new(secret, algorithm, name.to_lowercase(), FUDGE_SECONDS)
        .map_err(|e| refuse("tsig", e.to_string()))
}

fn one_of<T: PartialEq + std::fmt::Debug>(
    what: &str,
    configured: Option<T>,
    in_file: Option<T>,
) -> Result<Option<T>, String> {
    match (configured, in_file) {
        (Some(a), Some(b)) if a != b => Err(format!(
            "the configuration says {a:?} and the key {b:?}; leave the {what} out or make them agree"
        )),
        (configured, in_file) => Ok(configured.or(in_file)),
    }
}

fn read(path: &Path) -> Result<String, String> {
    let bytes = std::fs::metadata(path).map_err(|e| e.to_string())?.len();
    if bytes > MAX_FILE_BYTES {
        return Err(format!("{bytes} bytes are no TSIG key; at most {MAX_FILE_BYTES} are read"));
    }
    std::fs::read_to_string(path).map_err(|e| e.to_string())
}

/// Reads base64 text or one `key "name" { algorithm …; secret "…"; };` clause, with BIND's comments.
fn parse(text: &str) -> Result<Material, String> {
    let words = words(text);
    match words.as_slice() {
        [] => Err("is empty".to_owned()),
        [word] if word != "key" => Ok(Material { secret: word.clone(), ..Material::default() }),
        [key, ..] if key == "key" => clause(&words),
        _ => Err("is neither one word of base64 nor a `key \"name\" { … };` clause".to_owned()),
    }
}

fn clause(words: &[String]) -> Result<Material, String> {
    let [_, name, open, members @ ..] = words else {
        return Err("`key` must be followed by a name and `{`".to_owned());
    };
    let Some(end) = members.iter().position(|word| word == "}") else {
        return Err("the `key` clause has no `}`".to_owned());
    };
    if open != "{" {
        return Err("`key` must be followed by a name and `{`".to_owned());
    }
    if members[end..].iter().any(|word| word == "key") {
        return Err("holds more than one key; give a file with the one that is meant".to_owned());
    }
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let mut material = Material { name: Some(name), ..Material::default() };
    for member in members[..end].split(|word| word == ";") {
        match member {
            [] => (),
            [what, value] if what == "algorithm" => material.algorithm = Some(algorithm(value)?),
            [what, value] if what == "secret" => material.secret = value.clone(),
            other => return Err(format!("`{}` is not understood in a `key` clause", other.join(" "))),
        }
    }
    if material.secret.is_empty() { Err("the `key` clause has no secret".to_owned()) } else { Ok(material) }
}

fn algorithm(text: &str) -> Result<Algorithm, String> {
    match text.trim_end_matches('.').to_ascii_lowercase().as_str() {
        "hmac-sha256" => Ok(Algorithm::HmacSha256),
        "hmac-sha384" => Ok(Algorithm::HmacSha384),
        "hmac-sha512" => Ok(Algorithm::HmacSha512),
        other => Err(format!("algorithm `{other}` is not hmac-sha256, hmac-sha384 or hmac-sha512")),
    }
}

/// Splits into words, braces and semicolons; quotes hold a word together, `//`, `#` and `/* */` are comments.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let mut skip = first.len_utf8();
        // A slash is a base64 digit as well: a comment starts where a word does.
        let starts = word.is_empty();
        if starts && (rest.starts_with("//") || first == '#') {
            skip = rest.find('\n').unwrap_or(rest.len());
        } else if starts && rest.starts_with("/*") {
            skip = rest.find("*/").map_or(rest.len(), |end| end + 2);
        } else if starts && first == '"' {
            let quoted = &rest[1..];
            let end = quoted.find('"').unwrap_or(quoted.len());
            words.push(quoted[..end].to_owned());
            skip = (end + 2).min(rest.len());
        } else if first.is_whitespace() || matches!(first, '{' | '}' | ';') {
            if !starts {
                words.push(std::mem::take(&mut word));
            }
            if !first.is_whitespace() {
                words.push(first.to_string());
            }
        } else {
            word.push(first);
        }
        rest = &rest[skip..];
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const CLAUSE: &str = "# made by tsig-keygen\nkey \"EdgeRoam\" {\n\talgorithm hmac-sha512;\n\tsecret \"//8=\"; /* x */\n};\n";

    fn file(text: &str) -> (tempfile::NamedTempFile, Tsig) {
        let mut file = tempfile::NamedTempFile::new().expect("temporary file");
        file.write_all(text.as_bytes()).expect("written");
        let tsig = Tsig { key_file: Some(file.path().to_owned()), ..Tsig::default() };
        (file, tsig)
    }

    fn refused(tsig: &Tsig) -> String {
        load(tsig).err().expect("refused").to_string()
    }

    #[test]
    fn a_plain_secret_needs_a_name() {
        let (_file, mut tsig) = file(" c2VjcmV0\n");
        assert!(refused(&tsig).starts_with("dns.tsig.name: "));
        tsig.name = Some("edgeroam.".to_owned());
        let signer = load(&tsig).expect("valid");
        assert_eq!(signer.key(), b"secret");
        assert_eq!(signer.signer_name().to_ascii(), "edgeroam.");
        assert_eq!(*signer.algorithm(), TsigAlgorithm::HmacSha256);
    }

    #[test]
    fn a_bind_clause_says_its_name_and_algorithm() {
        let (_file, mut tsig) = file(CLAUSE);
        let signer = load(&tsig).expect("valid");
        assert_eq!(signer.key(), [255, 255]);
        assert_eq!(signer.signer_name().to_ascii(), "edgeroam.");
        assert_eq!(*signer.algorithm(), TsigAlgorithm::HmacSha512);
        tsig.algorithm = Some(Algorithm::HmacSha256);
        assert!(refused(&tsig).contains("leave the algorithm out or make them agree"));
    }

    #[test]
    fn a_secret_may_begin_with_slashes() {
        let tsig = Tsig { name: Some("a".into()), key: Some("\"//8=\"".into()), ..Tsig::default() };
        assert_eq!(load(&tsig).expect("valid").key(), [255, 255]);
    }

    #[test]
    fn what_is_no_key_is_refused_with_its_file() {
        for (text, reason) in [
            ("", "is empty"),
            ("two words", "neither one word"),
            ("s!cret", "no base64"),
            ("key \"a\" { algorithm hmac-md5; secret \"c2VjcmV0\"; };", "hmac-md5"),
            ("key \"a\" { algorithm hmac-sha256; };", "no secret"),
            ("key \"a\" { secret \"c2VjcmV0\";", "no `}`"),
            ("key \"a\" { secret \"c2VjcmV0\"; }; key \"b\" { secret \"c2VjcmV0\"; };", "more than one key"),
            ("key", "followed by a name"),
        ] {
            let (file, mut tsig) = file(text);
            tsig.name = Some("a".to_owned());
            let error = refused(&tsig);
            assert!(error.contains(reason), "{text:?}: {error}");
            assert!(error.contains(&file.path().display().to_string()), "{text:?}: {error}");
        }
    }

    #[test]
    fn a_key_is_given_once() {
        let both = Tsig { key: Some("c2VjcmV0".into()), key_file: Some("x".into()), ..Tsig::default() };
        assert!(refused(&both).contains("leave one out"));
        assert!(refused(&Tsig::default()).contains("neither"));
    }
}
