import Foundation
import WaybillCore
import WaybillManifest

extension TimeZones {
    /// As this machine knows them.
    static let system = TimeZones { zone, moment in
        TimeZone(identifier: zone).map {
            .seconds($0.secondsFromGMT(for: Date(timeIntervalSince1970: Double(moment.milliseconds) / 1000)))
        }
    }
}

/// Whether the time zones of freezes are known. A controller that does not know one begins nothing in its environment.
struct ZoneCheck: Sendable {
    let loader: FleetLoader

    func problems(of state: DesiredState) async -> [Diagnostic] {
        var found: [Diagnostic] = []
        for resource in state.resources.values.sorted(by: { $0.location < $1.location }) {
            guard case .environment(let environment) = resource.spec else { continue }
            for (index, freeze) in environment.freezes.enumerated() {
                guard TimeZones.system.offset(freeze.timeZone, .now) == nil else { continue }
                let near = Suggestion.nearest(to: freeze.timeZone, in: TimeZone.knownTimeZoneIdentifiers)
                let place: [FieldStep] = [
                    .member("spec"), .member("freezes"), .index(index), .member("timeZone"),
                ]
                let problem = await loader.diagnostic(
                    of: resource.id, at: place, .danglingReference,
                    "there is no time zone \(freeze.timeZone.quotedForMessage)",
                    hint: near.map { "did you mean '\($0)'?" }
                        ?? "names are those of the IANA database, as in 'Europe/Berlin'")
                if let problem { found.append(problem) }
            }
        }
        return found
    }
}
