/// Looks inside files without running any of them, by what their bytes are and never by their names.
package struct Inspector: Sendable {
    let allowing: AllowList

    package init(allowing: AllowList = .shipped) { self.allowing = allowing }

    /// Never fails: what goes wrong is a finding.
    package func inspect(path: String) -> Inspection {
        do throws(InspectionError) {
            return PickleInspector(allowing: allowing).inspect(try FileBytes(path: path))
        } catch {
            return Inspection(format: nil, findings: [.init(.unscanned, Self.words(error))])
        }
    }

    private static func words(_ error: InspectionError) -> String {
        switch error {
        case .truncated(let place): "the file ends at byte \(place)"
        case .malformed(let what), .unreadable(let what): what
        }
    }
}
