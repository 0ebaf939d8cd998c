import WaybillAPI
import WaybillCore

extension PlanView {
    /// The plan for a terminal.
    func text(_ style: Style) -> String {
        var text = ""
        for problem in problems {
            text += problem.lines.map { style.paint($0.harmless, .bad) + "\n" }.joined()
        }
        for plan in deployments { text += plan.text(style) }
        for notice in notices { text += style.paint(notice.harmless, .bad) + "\n" }
        text += headline
        text +=
            shownBase.map { ", compared with \($0.harmless), which is taken for what runs\n" }
            ?? (isKnown ? ", compared with what runs\n" : "\n")
        return text
    }
}

extension KeyPlanView {
    private var tone: Tone {
        switch FleetPlan.Verb(rawValue: verb) {
        case .create: .good
        case .remove: .bad
        case .replace, .adjust, .orphan, .hold: .busy
        case .some(.none), nil: .plain
        }
    }

    func text(_ style: Style) -> String {
        var text = style.paint(sign, tone) + " " + style.paint(deployment.harmless, .strong) + "  \(title.harmless)\n"
        for warning in warnings { text += "    " + style.paint("warning: \(warning)", .bad) + "\n" }
        if let holdLine { text += "    " + style.paint(holdLine.harmless, .busy) + "\n" }
        if let pullLine { text += "    \(pullLine)\n" }
        for change in changes { text += "    \(change.sentence.harmless)\n" }
        for drift in drift { text += "    drift: \(drift.message.harmless)\n" }
        for (place, action) in actions.enumerated() { text += "    \(place + 1). \(action.sentence.harmless)\n" }
        return text
    }
}
