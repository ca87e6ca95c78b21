//! Training: as PyTorch does it, exactly resumed, and the same however it is cut into calls.

use super::helpers::*;
use serde_json::{Value, json};

/// Proves: the first network trained through the session meets PyTorch's losses, epoch by epoch, and its accuracy.
#[test]
fn first_network_as_in_pytorch() {
    let fixture = first_network();
    let engine = engine();
    let opened = create(&engine, &fixture["spec"]);
    assert_eq!((&opened["train_count"], &opened["test_count"], &opened["steps_per_epoch"], &opened["step"]), (&json!(3), &json!(3), &json!(1), &json!(0)));
    assert_eq!(opened["device"]["kind"], "cpu");
    for (name, tensor) in fixture["params"].as_object().unwrap() {
        ask(&engine, json!({ "type": "write", "session": 1, "name": name, "data": tensor["data"] })).unwrap();
    }
    let trained = train(&engine, 100);
    assert_eq!((&trained["steps_done"], &trained["step"], &trained["epoch"], &trained["status"]), (&json!(100), &json!(100), &json!(100), &json!("running")));
    let points = trained["points"].as_array().unwrap();
    assert_eq!(points.len(), 100);
    for (n, point) in points.iter().enumerate() {
        let (found, expected) = (point["loss"].as_f64().unwrap(), fixture["epochs"]["losses"][n].as_f64().unwrap());
        assert!(point["step"] == n && (found - expected).abs() < 1e-5, "step {n}: {found} instead of {expected}");
    }
    let evaluation = ask(&engine, json!({ "type": "evaluate", "session": 1, "split": "test", "details": true })).unwrap();
    assert!((evaluation["loss"].as_f64().unwrap() - 0.54862374).abs() < 1e-5);
    assert!((evaluation["accuracy"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9);
    assert_eq!(evaluation["confusion"]["counts"], json!([0, 1, 0, 2]));
    assert_eq!((&evaluation["worst"][0]["index"], &evaluation["worst"][0]["label"], &evaluation["worst"][0]["predicted"]), (&json!(0), &json!(0), &json!(1)));
    let predicted = ask(&engine, json!({ "type": "predict", "session": 1, "inputs": [1, 0, 0, 1, 1, 1], "count": 3, "layers": true })).unwrap();
    let p: Vec<f64> = serde_json::from_value(predicted["probabilities"].clone()).unwrap();
    for (n, p) in p.iter().enumerate() {
        let expected = fixture["epochs"]["probabilities"]["data"][n].as_f64().unwrap();
        assert!((p - expected).abs() < 1e-5, "probability {n}: {p} instead of {expected}");
    }
    let layers: Vec<(&str, &str)> =
        predicted["layers"].as_array().unwrap().iter().map(|l| (l["name"].as_str().unwrap(), l["type"].as_str().unwrap())).collect();
    assert_eq!(layers, [("0", "Linear"), ("1", "Sigmoid"), ("2", "Linear")]);
    assert_eq!(predicted["layers"][1]["shape"], json!([3, 2]));
}

/// Proves: each step reports its gradient's norm as it is by hand, penalties included and before clipping, which the length of the step tells apart.
#[test]
fn gradient_norm_by_hand() {
    // At zero weights the errors are 0, -1, -2 and -3: the gradient is (-2, -2.5), and -3 for the bias. At (1, 2) there are none, and it is that of the penalty.
    let (errors, penalty) = (19.25f64.sqrt(), 1.25f64.sqrt());
    for (weights, l2, clip, norm, used) in
        [([0, 0], 0.0, Value::Null, errors, errors), ([0, 0], 0.0, json!(1), errors, 1.0), ([1, 2], 0.5, Value::Null, penalty, penalty)]
    {
        let engine = engine();
        let mut spec = linear();
        (spec["regularization"], spec["clip_grad_norm"]) = (json!({ "l2": l2 }), clip);
        create(&engine, &spec);
        write(&engine, "0.weight", &json!(weights));
        write(&engine, "0.bias", &json!([0]));
        let reported = train(&engine, 1)["points"][0]["grad_norm"].as_f64().unwrap();
        assert!((reported - norm).abs() < 1e-5, "{reported} instead of {norm}");
        let after = [read(&engine, "0.weight"), read(&engine, "0.bias")].concat();
        let length = after.iter().zip([weights[0] as f64, weights[1] as f64, 0.0]).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        assert!((length - 0.1 * used).abs() < 1e-5, "a step of {length}");
    }
}

/// Proves: training interrupted by saving and loading, within an epoch and at its end, gives bit for bit the file of training in one go, through dropout,
/// batch norm, schedule and warm-up.
#[test]
fn resuming_is_exact() {
    let whole = engine();
    create(&whole, &stateful());
    let all = train(&whole, 20);
    for cut in [0, 3, 5, 12] {
        let halves = engine();
        create(&halves, &stateful());
        let before = train(&halves, cut);
        let bytes = save(&halves);
        let resumed = engine();
        let opened = load(&resumed, &bytes).unwrap();
        assert_eq!(opened["step"], cut);
        let after = train(&resumed, 20 - cut);
        let points = [before["points"].as_array().unwrap().clone(), after["points"].as_array().unwrap().clone()].concat();
        assert_eq!(json!(points), all["points"], "cut at {cut}");
        assert!(save(&resumed) == save(&whole), "cut at {cut}: another state after 20 steps");
    }
}

/// Proves: how training is cut into calls, and the pace, change nothing: budgets of a few ms and single steps meet one long call, over several orders of the data.
#[test]
fn calls_do_not_matter() {
    let steps = 2600; // An epoch is one step of 52 examples: the device holds the order of 1,260 steps at a time.
    let mut spec = stateful();
    spec["batch_size"] = json!(52);
    let whole = engine();
    create(&whole, &spec);
    let expected = train(&whole, steps)["points"].clone();
    assert_eq!(expected.as_array().unwrap().len(), steps);
    let parts = engine();
    create(&parts, &spec);
    let mut points = vec![];
    let mut step = 0;
    while step < steps {
        let reply = match step % 3 {
            0 => ask(&parts, json!({ "type": "train", "session": 1, "budget_ms": 5, "steps": steps - step })).unwrap(),
            1 => ask(&parts, json!({ "type": "train", "session": 1, "steps": 1 })).unwrap(),
            _ => ask(&parts, json!({ "type": "train", "session": 1, "steps": 270.min(steps - step) })).unwrap(),
        };
        step = reply["step"].as_u64().unwrap() as usize;
        points.extend(reply["points"].as_array().unwrap().clone());
    }
    points.extend(train(&parts, 0)["points"].as_array().unwrap().clone());
    assert!(json!(points) == expected, "the losses differ");
    assert!(save(&parts) == save(&whole), "the states differ");
}

/// A network without batch statistics, a step of which is four batches of four examples: three steps an epoch.
fn accumulating() -> Value {
    let mut spec = stateful();
    spec["layers"] = json!([{ "type": "Linear", "out_features": 8 }, { "type": "Tanh" }, { "type": "Linear", "out_features": 2 }]);
    (spec["batch_size"], spec["accumulate"], spec["clip_grad_norm"]) = (json!(4), json!(4), json!(0.2));
    spec
}

/// Proves: four batches to a step are one batch of four times the size, in losses, norms, accuracies, parameters, steps and epochs, on either device; only the
/// order of sums differs.
#[test]
fn accumulates() {
    let mut at_once = accumulating();
    (at_once["batch_size"], at_once["accumulate"]) = (json!(16), json!(1));
    for device in ["cpu", "webgpu"] {
        let run = |spec: &Value| {
            let engine = engine();
            let opened = ask(&engine, json!({ "type": "create", "session": 1, "spec": spec, "device": device })).unwrap();
            (opened["steps_per_epoch"].clone(), train(&engine, 40), read(&engine, "0.weight"))
        };
        let ((epoch, parts, weight), (whole_epoch, whole, whole_weight)) = (run(&accumulating()), run(&at_once));
        assert_eq!((&epoch, &parts["step"], &parts["epoch"]), (&json!(3), &json!(40), &whole["epoch"]));
        assert_eq!(epoch, whole_epoch);
        for (n, (part, all)) in parts["points"].as_array().unwrap().iter().zip(whole["points"].as_array().unwrap()).enumerate() {
            for field in ["loss", "grad_norm", "accuracy"] {
                let (found, expected) = (part[field].as_f64().unwrap(), all[field].as_f64().unwrap());
                assert!((found - expected).abs() < 1e-5, "{device}, step {n}: {field} {found} instead of {expected}");
            }
        }
        assert!(weight.iter().zip(&whole_weight).all(|(a, b)| (a - b).abs() < 1e-4), "{device}: {weight:?} instead of {whole_weight:?}");
    }
}

/// Proves: steps of several batches with dropout and batch norm, saved after any of them, go on bit for bit.
#[test]
fn accumulation_resumes() {
    let mut spec = stateful();
    (spec["batch_size"], spec["accumulate"]) = (json!(5), json!(2));
    let whole = engine();
    create(&whole, &spec);
    train(&whole, 8);
    for cut in [1, 5, 7] {
        let (halves, resumed) = (engine(), engine());
        create(&halves, &spec);
        train(&halves, cut);
        load(&resumed, &save(&halves)).unwrap();
        train(&resumed, 8 - cut);
        assert!(save(&resumed) == save(&whole), "cut at {cut}");
    }
}

/// Proves: of a step whose second batch goes wrong nothing is learned, the problem is found in that batch, and once it is mended the step begins anew.
#[test]
fn a_bad_batch_changes_nothing() {
    let row = |n: usize| json!([n as f64 / 8.0, (n % 3) as f64]);
    let mut spec = linear();
    spec["data"] = json!({ "type": "Table", "x": (0..8).map(row).collect::<Vec<_>>(), "y": (0..8).collect::<Vec<_>>() });
    (spec["batch_size"], spec["accumulate"], spec["optimizer"]) = (json!(2), json!(4), json!({ "type": "SGD", "lr": 0.01, "momentum": 0.9 }));
    // With this weight, which only the examples see whose second number is not 0, squares of errors are beyond f32.
    let names = ["0.weight", "0.bias", "optimizer.momentum_buffer/0.weight"];
    let (mended, expected) = (engine(), engine());
    create(&mended, &spec);
    train(&mended, 2);
    let good = names.map(|name| read(&mended, name));
    write(&mended, "0.weight", &json!([1.0, 1e38]));
    let stopped = train(&mended, 3);
    assert_eq!((&stopped["status"], &stopped["step"]), (&json!("non_finite"), &json!(2)));
    assert_eq!(stopped["problem"], json!({ "tensor": "loss", "step": 2 }));
    assert_eq!(names[1..].iter().map(|name| read(&mended, name)).collect::<Vec<_>>(), good[1..]);
    write(&mended, "0.weight", &json!(good[0]));
    create(&expected, &spec);
    let whole = train(&expected, 6);
    assert_eq!(train(&mended, 4)["points"], json!(whole["points"].as_array().unwrap()[2..]));
    assert!(save(&mended) == save(&expected));
}
