import WaybillCore

/// A command that is being written down. Until it is known to be durable it has no effect; other facts may come meanwhile.
struct PendingCommand: Sendable {
    var command: OperatorCommand
    var event: Event
    /// What its giver is told once it is durable.
    var result: String
    /// What was known of its deployment before it, and what was folded since.
    var before: KeyFacts?
    var later: [Event] = []
}

extension EngineCore {
    /// Takes in what is asked to be written, or was.
    mutating func fold(_ event: Event) {
        facts.fold(event)
        if event.subject == pending?.event.subject { pending?.later.append(event) }
    }
}

extension Facts {
    /// Takes in a durable command as the ledger has it: before what was folded since it was given.
    mutating func fold(_ command: PendingCommand) {
        if let key = try? DeploymentKey(parsing: command.event.subject) { keys[key] = command.before }
        for event in [command.event] + command.later { fold(event) }
    }
}
