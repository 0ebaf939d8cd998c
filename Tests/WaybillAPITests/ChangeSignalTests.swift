import Testing
import WaybillAPI

@Suite struct ChangeSignalTests {
    @Test func `a change that came before the wait is not lost`() async {
        let signal = ChangeSignal()
        let seen = signal.generation
        signal.advance()
        await signal.wait(past: seen)
        #expect(signal.generation == seen + 1)
    }

    @Test func `every waiter wakes`() async {
        let signal = ChangeSignal()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { await signal.wait(past: 1) } }
            group.addTask { signal.advance() }
            await group.waitForAll()
        }
        #expect(signal.generation == 2)
    }

    @Test func `a cancelled waiter returns, whenever it is cancelled`() async {
        let signal = ChangeSignal()
        for _ in 0..<200 {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await signal.wait(past: 1) }
                group.cancelAll()
                await group.waitForAll()
            }
        }
        #expect(signal.generation == 1)
    }
}
