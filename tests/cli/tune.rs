//! `edgeroam tune` as a person meets it.

use serde_json::Value;

use super::evaluate::{Case, case, walks};
use super::{edgeroam, text, written};

/// The same people at another time, and one more.
fn other_walks() -> String {
    let rows = walks().replace(",001,01,000000002", ",001,01,00000000a").replace("bus 7", "bus 8");
    format!("{rows}late,2000,001,01,000000001\nlate,2090,001,01,000000003\nlate,2400,,,\n")
}

fn tune(case: &Case, more: &[&str]) -> std::process::Output {
    let [sites, cells, events] = &case.files;
    let args = ["tune", "--sites", sites, "--cells", cells, "--events", events];
    edgeroam(&[&args[..], more].concat(), "")
}

#[test]
fn tuned_knobs_are_compared_on_other_traffic_and_evaluate_takes_what_is_written() {
    let case = case(&walks());
    let test = written(case.folder.path(), "test.csv", &other_walks());
    let (out, page) = (case.path("best.yaml"), case.path("report.html"));
    let files = ["--out", out.to_str().unwrap(), "--html", page.to_str().unwrap()];
    let args = ["--test", &test, "--budget-runs", "30", "--relocation-cost", "200", "--json"];
    let args = [&args[..], &files].concat();
    let output = tune(&case, &args);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout).lines().count(), 1);
    let said = text(&output.stderr);
    assert!(said.contains("test, tuned") && said.contains("relocation_cost"), "{said}");
    let report: Value = serde_json::from_str(text(&output.stdout)).unwrap();
    assert!((2..=30).contains(&report["runs"].as_array().unwrap().len()), "{report}");
    let objective = |side: &str| report["training"][side]["objective"].as_f64().unwrap();
    assert!(objective("tuned") <= objective("defaults"));
    assert!(std::fs::read_to_string(&page).unwrap().contains("Knobs of regret, tuned"));

    // What is written comes to the same figures where it is evaluated.
    let [sites, cells, _] = &case.files;
    let [policy, cost] = [["--policy", out.to_str().unwrap()], ["--relocation-cost", "200"]];
    let args =
        [&["evaluate", "--json", "--sites", sites, "--cells", cells, "--events", &test], &policy[..], &cost];
    let evaluated = edgeroam(&args.concat(), "");
    assert!(evaluated.status.success(), "{}", text(&evaluated.stderr));
    let evaluated: Value = serde_json::from_str(text(&evaluated.stdout)).unwrap();
    let best =
        evaluated["policies"].as_array().unwrap().iter().find(|policy| policy["name"] == "best").unwrap();
    assert_eq!(best["policy"], report["tuned"]);
    for figure in ["cost_over_optimum", "relocations", "fewer_relocations_than_nearest_percent"] {
        assert_eq!(best[figure], report["test"]["tuned"][figure], "{figure}");
    }

    let again = [
        &["--test", &test, "--budget-runs", "30", "--relocation-cost", "200", "--json"][..],
        &["--threads", "1"],
    ];
    assert_eq!(tune(&case, &again.concat()).stdout, output.stdout, "one thread comes to something else");
}

#[test]
fn without_test_traffic_a_third_of_the_ues_is_kept_back_and_told() {
    let mut rows = String::from("ue,time,mcc,mnc,nci\n");
    for ue in 0..30 {
        for (step, nci) in
            ["000000001", "000000003", "00000000a", "000000003"].iter().cycle().take(9).enumerate()
        {
            rows.push_str(&format!("ue{ue},{},001,01,{nci}\n", ue + 50 * step));
        }
    }
    let case = case(&rows);
    let args = ["--policy", "threshold", "--budget-runs", "8", "--objective", "worst", "--seed", "3"];
    let output = tune(&case, &args);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("of 30 UEs are kept back for the test"),
        "{}",
        text(&output.stderr)
    );
    let table = text(&output.stdout);
    assert!(table.contains("threshold: 8 policies tried") && table.contains("minimum_stay"), "{table}");
    assert!(table.contains("(one third of the UEs)"), "{table}");
}

#[test]
fn what_cannot_be_tuned_is_named_with_the_reason() {
    let case = case(&walks());
    let test = written(case.folder.path(), "test.csv", &other_walks());
    let copy = written(case.folder.path(), "copy.csv", &walks());
    let events = &case.files[2];
    let nowhere = case.path("no/such/best.yaml");
    for (args, status, part) in [
        (&["--test", events.as_str()][..], 1, "events.csv is given twice"),
        (&["--test", &copy], 1, "copy.csv hold the same events"),
        (&["--test", &test, "--test", &test], 1, "test.csv is given twice"),
        (&["--test", "no/such.csv"], 1, "no/such.csv"),
        (&["--policy", "best"], 2, "`best` is no policy: `regret` or `threshold`"),
        (&["--policy", "nearest"], 2, "`nearest` has no knobs"),
        (&["--objective", "luck"], 2, "`luck` is no objective"),
        (&["--budget-runs", "0"], 2, "budget-runs"),
        (&["--threads", "0"], 2, "threads"),
        (&["--recorded", "bus"], 2, "cannot be used with"),
        (&["--test", &test, "--out", nowhere.to_str().unwrap()], 1, "there is no folder"),
    ] {
        let output = tune(&case, args);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{args:?}: {said}");
        assert!(said.contains(part) && output.stdout.is_empty(), "{args:?}: {said}");
    }
    let one = written(case.folder.path(), "one.csv", "ue,time,mcc,mnc,nci\nu,0,001,01,000000001\nu,9,,,\n");
    let [sites, cells, _] = &case.files;
    let output = edgeroam(&["tune", "--sites", sites, "--cells", cells, "--events", &one], "");
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains("one.csv: its 1 UEs cannot be split") && said.contains("give --test FILE"),
        "{said}"
    );
}
