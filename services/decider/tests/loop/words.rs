//! Moves that somebody has to agree to: answers on stream `commands`, and what a webhook says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use decider::{About, Answer, WebhookConfig};
use model::{
    AppLimits, Ask, Consent, Decision, Generation, Guard, Mobility, MobilityLevel, OperatorCommand, Order,
    Rule, Stream,
};

use crate::life::*;

fn world() -> World {
    let level = MobilityLevel::WithConfirmation;
    let mobility = Mobility { level, confirmation_timeout: Duration::from_secs(60) };
    let mut world = World::new();
    world.app.limits = AppLimits { mobility, ..AppLimits::default() };
    world
}

/// UE 1 is served at site 0 and then nearer to site 1; the decision that asks.
fn asked(world: &World) -> Decision {
    world.report(1, 0);
    world.complete(&world.order(1));
    world.report(1, 10);
    let asks = |decision: &Decision| decision.explanation.rule == Rule::Guarded(Guard::AwaitingConfirmation);
    until("a question", || world.decisions().iter().any(asks));
    world.decisions().into_iter().find(asks).unwrap()
}

fn confirm(world: &World, first: &Order, generation: u64) {
    let (app, instance, site) = (first.app.clone(), first.instance.clone(), site_id(1));
    let ask = Ask::Confirm { app, instance, generation: Generation(generation), site };
    let (key, by) = (ask.key(), "ann".into());
    let id = format!("{generation:08x}-0000-5000-8000-000000000000").parse().unwrap();
    let command = OperatorCommand { id, at: world.now(), by, reason: None, ask };
    world.bus.put(Stream::Commands, &key, serde_json::to_vec(&command).unwrap());
}

#[test]
fn an_answer_that_was_given_while_no_decider_lived_counts_with_and_without_a_snapshot() {
    for cold in [false, true] {
        let world = world();
        world.live().stop();
        let life = world.live();
        let told = asked(&world);
        assert_eq!(told.explanation.limits.consent.map(|seen| seen.state), Some(Consent::Open));
        life.kill();
        // What was kept knows neither the instance nor the question.
        world.pass(5);
        confirm(&world, &world.orders()[0], 2);
        world.pass(5);
        let elsewhere = tempfile::tempdir().unwrap();
        let dir = if cold { elsewhere.path() } else { world.dir.path() };
        let life = Life::start(&world, std::sync::Arc::new(world.bus.clone()), dir).unwrap();
        let order = world.order(2);
        assert_eq!((order.generation, order.target), (Generation(2), Some(site_id(1))));
        life.stop();
    }
}

#[test]
fn open_questions_are_told_and_a_word_for_another_generation_moves_nothing() {
    let world = world();
    let life = world.live();
    asked(&world);
    let Ok(Answer::Moves(open)) = life.ask(About::Moves) else { panic!("an answer") };
    assert_eq!((open.len(), open[0].generation, open[0].to.clone()), (1, Generation(2), site_id(1)));
    confirm(&world, &world.orders()[0], 3);
    confirm(&world, &world.orders()[0], 1);
    until("both commands", || life.commands() == 2);
    assert_eq!(world.orders().len(), 1);
    confirm(&world, &world.orders()[0], 2);
    assert_eq!(world.order(2).relocation, open[0].relocation);
    let Ok(Answer::Moves(open)) = life.ask(About::Moves) else { panic!("an answer") };
    assert_eq!(open, []);
    life.stop();
}

/// Answers one request after another with these, and tells head and body of each.
fn webhook(answers: &[&'static str]) -> (WebhookConfig, mpsc::Receiver<(String, String)>) {
    // A second installation only says that there is a provider already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/moves", listener.local_addr().unwrap()).parse().unwrap();
    let (heard, hears) = mpsc::channel();
    let answers = answers.to_vec();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = heard.send(request(&stream));
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (WebhookConfig { url, bearer_token_file: None, timeout: Duration::from_secs(5) }, hears)
}

fn request(stream: &TcpStream) -> (String, String) {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}

const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const LATER: &str = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const YES: &str =
    "HTTP/1.1 200 OK\r\ncontent-length: 20\r\nconnection: close\r\n\r\n{\"answer\":\"confirm\"}";

#[test]
fn a_webhook_is_asked_until_it_answers_and_its_answer_stands_on_the_bus_before_it_counts() {
    let mut world = world();
    let (mut config, heard) = webhook(&[BUSY, YES]);
    let token = world.dir.path().join("token");
    std::fs::write(&token, "0123456789abcdef\n").unwrap();
    config.bearer_token_file = Some(token);
    world.config.confirmation_webhook = Some(config);
    let life = world.live();
    asked(&world);
    let order = world.order(2);
    for _ in 0..2 {
        let (head, body) = heard.recv().unwrap();
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert!(head.starts_with("POST /moves ") && head.contains("Bearer 0123456789abcdef"), "{head}");
        assert_eq!(body["relocation"], order.relocation.to_string());
        assert_eq!((&body["from"], &body["to"]), (&"s0".into(), &"s1".into()));
    }
    let commands: Vec<OperatorCommand> = read(&world.bus, Stream::Commands);
    let [command] = &commands[..] else { panic!("one command: {commands:?}") };
    assert!(command.by == "webhook" && matches!(command.ask, Ask::Confirm { .. }), "{command:?}");
    life.stop();
}

#[test]
fn a_webhook_that_answers_later_is_asked_once_a_life_while_the_question_is_open() {
    let mut world = world();
    let (config, heard) = webhook(&[LATER, LATER]);
    world.config.confirmation_webhook = Some(config);
    let life = world.live();
    asked(&world);
    heard.recv().unwrap();
    life.stop();
    world.pass(1);
    // Whether the last life had told it is not known.
    let life = world.live();
    heard.recv().unwrap();
    assert!(read::<OperatorCommand>(&world.bus, Stream::Commands).is_empty());
    assert_eq!(world.orders().len(), 1);
    life.stop();
}
