import WaybillCore

/// Runs `body` for each item, at most `width` of them at once. The first failure ends the others and is thrown.
func concurrently<Item: Sendable>(
    _ items: [Item], atOnce width: Int, _ body: @escaping @Sendable (Item) async throws(Failure) -> Void
) async throws(Failure) {
    let result = await withTaskGroup(of: Result<Void, Failure>.self) { group -> Result<Void, Failure> in
        var rest = items[...]
        var first: Failure?
        func add() {
            guard first == nil, let item = rest.popFirst() else { return }
            group.addTask {
                do throws(Failure) { return .success(try await body(item)) } catch { return .failure(error) }
            }
        }
        for _ in 0..<max(width, 1) { add() }
        while let result = await group.next() {
            if case .failure(let failure) = result, first == nil {
                first = failure
                group.cancelAll()
            }
            add()
        }
        return first.map { .failure($0) } ?? .success(())
    }
    try result.get()
}
