//! Failures on demand, by librdkafka's own imitation of a cluster.

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use super::*;
use crate::Class;

const TOPIC: &str = "edgeroam.internal.orders";

struct Imitation {
    cluster: MockCluster<'static, DefaultProducerContext>,
    producer: Producer,
}

impl Imitation {
    fn new(patience: Duration) -> Self {
        let cluster = MockCluster::new(1).expect("a cluster");
        cluster.create_topic(TOPIC, 1, 1).expect("a topic");
        let config = Config { delivery_timeout: patience, ..Config::at(&cluster.bootstrap_servers()) };
        Self { producer: Producer::new(&config).expect("a producer"), cluster }
    }

    async fn send(&self, records: usize) -> Result<Vec<i64>, BusError> {
        let record = || Outgoing { topic: TOPIC, partition: Some(0), key: "k", headers: None, data: b"{}" };
        self.producer.send((0..records).map(|_| record()).collect()).await.map(Few::into_vec)
    }

    /// The imitation may be slower than a producer is patient.
    async fn send_until_taken(&self) {
        let end = Instant::now() + Duration::from_secs(60);
        while let Err(error) = self.send(1).await {
            assert!(Instant::now() < end, "{error}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_breaks_after_sending_loses_and_repeats_nothing() {
    let imitation = Imitation::new(Duration::from_secs(60));
    assert_eq!(imitation.send(2).await.expect("sent"), [0, 1]);
    let broken = [RDKafkaRespErr::RD_KAFKA_RESP_ERR__TRANSPORT; 3];
    imitation.cluster.request_errors(RDKafkaApiKey::Produce, &broken);
    // A single record, for it goes in a single request: the imitation, unlike a broker, would take a second one that
    // is under way although the first was not stored.
    assert_eq!(imitation.send(1).await.expect("sent again"), [2]);
    assert_eq!(imitation.send(1).await.expect("sent"), [3], "nothing was written twice");
}

#[tokio::test]
async fn a_refused_record_fails_its_call_for_good_and_the_next_call_works() {
    let imitation = Imitation::new(Duration::from_secs(60));
    let refused = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_RECORD];
    imitation.cluster.request_errors(RDKafkaApiKey::Produce, &refused);
    let error = imitation.send(3).await.expect_err("refused");
    assert_eq!(error.class(), Class::Permanent, "{error}");
    let forbidden = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED];
    imitation.cluster.request_errors(RDKafkaApiKey::Produce, &forbidden);
    let error = imitation.send(1).await.expect_err("forbidden");
    assert_eq!(error.class(), Class::Permanent, "{error}");
    assert!(error.to_string().contains("allow this user"), "{error}");
    assert_eq!(imitation.send(2).await.expect("sent"), [0, 1]);
}

#[tokio::test]
async fn a_broker_that_does_not_answer_leaves_an_unknown_fate_and_no_publisher_behind() {
    let imitation = Imitation::new(Duration::from_secs(1));
    imitation.send_until_taken().await;
    imitation.cluster.broker_down(1).expect("down");
    let calls = [imitation.send(2), imitation.send(2), imitation.send(2)];
    for outcome in futures_util::future::join_all(calls).await {
        assert_eq!(outcome.expect_err("nobody there").class(), Class::Unknown);
    }
    imitation.cluster.broker_up(1).expect("up");
    imitation.send_until_taken().await;
}

#[tokio::test]
async fn nothing_is_sent_after_closing() {
    let imitation = Imitation::new(Duration::from_secs(60));
    imitation.send(5).await.expect("sent");
    imitation.producer.close().await;
    assert!(matches!(imitation.send(1).await, Err(BusError::Closed)));
}
