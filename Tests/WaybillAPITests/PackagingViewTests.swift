import Testing
import WaybillCore

@testable import WaybillAPI

/// What is said of bytes that come onto the machine.
@Suite struct PackagingViewTests {
    @Test(
        arguments: [
            (4_800_000_000, 3_100_000_000, "pulls 1.7 GB (3.1 GB held)"), (4_800_000_000, 0, "pulls 4.8 GB"),
            (12, 12, "pulls nothing: 12 B held"), (0, 0, "pulls nothing: 0 B held"),
        ] as [(Int64, Int64, String)])
    func `a plan says how much is pulled`(_ size: Int64, _ held: Int64, _ words: String) {
        #expect(PullView(size: size, held: held).words == words)
    }

    @Test func `progress is a number and a sentence`() {
        let view = PackagingView(PackagingProgress(.arriving, done: 3_100_000_000, total: 4_800_000_000))
        #expect(view.step == "arriving" && view.done == 3_100_000_000 && view.message == "packaging 3.1/4.8 GB")
    }
}
