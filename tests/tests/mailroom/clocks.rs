//! Machines whose clocks are days off: the order of a list, and a line for a letter of days ahead; nothing is lost.

use crate::hostile::Scene;

const DAY: i64 = 86_400;

#[test]
fn letters_of_machines_whose_clocks_are_days_off_are_taken_and_one_of_days_ahead_is_named() {
    let mut scene = Scene::new();
    let put = |scene: &mut Scene, days: i64| {
        scene.put_of(days * DAY, |forge, key| {
            forge.parcel = None;
            forge.with_letter(key, |letter| letter.parcel = None);
        })
    };
    // Put there in another order than their clocks say.
    let ahead = put(&mut scene, 3);
    let [one, behind, far] = [1, -20, -29].map(|days| put(&mut scene, days));
    let right = scene.laptop.push("Right", &["--no-work"]);
    let Scene { net, laptop, desk, .. } = &scene;
    desk.ok(&["sync"]);
    let mail = desk.json(&["mail"]);
    let waiting: Vec<_> =
        mail["waiting"].as_array().unwrap().iter().map(|letter| letter["letter"].as_str().unwrap()).collect();
    assert_eq!(waiting, [&one, &right, &behind, &far], "{mail}");
    let said = desk.ok(&["mail"]);
    let named: Vec<_> = said.lines().filter(|line| line.starts_with("left alone")).collect();
    assert!(named.len() == 1 && named[0].contains("days ahead of the clock here"), "{said}");
    assert!(named[0].contains(&ahead[ahead.len() - 8..]), "{said}");
    assert_eq!(desk.json(&["pull"])["taken"].as_array().unwrap().len(), 4);
    // Nobody removes what a sender has not read: those that were taken, and the one that comes later.
    assert_eq!((desk.unread().len(), net.refs().len()), (4, 5));
    assert_eq!(laptop.states(), ["delivered"]);
    assert_eq!(net.refs().len(), 4);
}
