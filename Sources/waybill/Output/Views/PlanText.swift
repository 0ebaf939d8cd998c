import WaybillAPI

extension PlanView {
    /// The plan for a terminal.
    func text(_ style: Style) -> String {
        var text = ""
        for problem in problems {
            text += problem.lines.map { style.paint($0.harmless, .bad) + "\n" }.joined()
        }
        for plan in deployments { text += plan.text(style) }
        text += deployments.isEmpty ? "nothing to do" : summary
        text +=
            base == "observed"
            ? ", compared with what runs\n" : ", compared with \(base.harmless), which is taken for what runs\n"
        return text
    }

    /// `2 deployments change, 1 is held`.
    var summary: String {
        let changing = deployments.filter { $0.hold == nil }.count
        let held = deployments.count - changing
        let change = changing == 1 ? "1 deployment changes" : "\(changing) deployments change"
        return held == 0 ? change : change + ", \(held) " + (held == 1 ? "is held" : "are held")
    }
}

extension KeyPlanView {
    /// `create`, `delete`, `replace`, `adjust`: what happens to the deployment as a whole.
    var verb: String {
        switch (fromRevision, toRevision) {
        case (nil, nil): "forget"
        case (nil, _): "create"
        case (_, nil): "delete"
        case (let from, let to): from == to ? "adjust" : "replace"
        }
    }

    fileprivate var sign: (String, Tone) {
        switch verb {
        case "create": ("+", .good)
        case "delete", "forget": ("-", .bad)
        case _: ("~", .busy)
        }
    }

    func text(_ style: Style) -> String {
        let (mark, tone) = sign
        let revisions = "\(fromRevision ?? "absent") → \(toRevision ?? "absent")"
        var text = style.paint(mark, tone) + " " + style.paint(deployment.harmless, .strong)
        text += "  \(verb)" + (fromRevision == toRevision ? "" : "  \(revisions)") + "\n"
        if let hold { text += "    " + style.paint("held: \(hold.harmless)", .busy) + "\n" }
        for change in changes { text += "    \(change.sentence.harmless)\n" }
        for (place, action) in actions.enumerated() { text += "    \(place + 1). \(action.sentence.harmless)\n" }
        return text
    }
}

extension FieldChangeView {
    /// `spec.replicas: 1 → 3 (no restart)`.
    var sentence: String {
        "\(field): \(from ?? "absent") → \(to ?? "absent")" + (restart ? "" : " (no restart)")
    }
}

extension ActionView {
    /// `start-replica production.churn.3f2a….7: nothing serves yet (after: the files are in place)`.
    var sentence: String {
        let object = replicas.isEmpty ? (revision.map { " \($0)" } ?? "") : " " + replicas.joined(separator: ", ")
        return "\(action)\(object): \(reason)" + (waitsFor.map { " (after: \($0))" } ?? "")
    }
}
