import Testing
import WaybillCore

@testable import WaybillServing

@Suite struct ChildCommandTests {
    /// A descriptor that one command's child takes from another keeps the other's output open.
    @Test func `a command's end is seen though others start at the same moment and live on`() async throws {
        for _ in 0..<12 {
            try await withThrowingTaskGroup(of: ChildCommand.End?.self) { group in
                for _ in 0..<8 {
                    group.addTask { try? await run(["/bin/sleep", "30"]) }
                    group.addTask { try await run(["/bin/true"]) }
                }
                for _ in 0..<8 { #expect(try await group.next() == .code(0)) }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    private func run(_ arguments: [String]) async throws -> ChildCommand.End {
        let command = ChildCommand(arguments: arguments, variables: [:], lock: nil)
        return try await BlockingWork(label: "test").run { (cancellation) throws(Failure) in
            try command.run(deadline: .now + .seconds(10), cancellation: cancellation) { _ in }
        }
    }
}
