import Foundation
import WaybillCore
import WaybillForge

/// The request that asks for one promotion.
struct PromotionRequest {
    let promotion: Promotion
    let branch: String
    /// What it is to be merged into.
    let into: String
    /// The reviewer's plan in Markdown.
    let plan: String

    /// One deployment is asked for by one request.
    private var marker: HiddenMarker { HiddenMarker("promote \(promotion.target)") }

    var draft: RequestDraft {
        RequestDraft(
            title: "Promote \(promotion.target.name) \(promotion.new.version) to \(promotion.target.environment)",
            body: marker.text(plan), base: into, head: branch)
    }

    /// Whether `other` asks for another version of the same deployment, and Waybill wrote it.
    func supersedes(_ other: ForgeRequest) -> Bool {
        marker.marks(other.body) && other.base.ref == into && other.head.ref != branch
            && other.head.ref.hasPrefix("promote/\(promotion.target.environment)/\(promotion.target.name)-")
    }

    /// Opens it or brings it up to date, and closes what it supersedes.
    ///
    /// - Returns: lines for people.
    func open(at forge: Forge) async throws(Failure) -> (request: ForgeRequest, lines: [String]) {
        let (request, isNew) = try await forge.open(draft)
        var lines = [
            "request \(request.number) \(isNew ? "is open" : "is up to date")\(request.page.map { ": \($0.harmless)" } ?? "")"
        ]
        for other in try await forge.ownRequests() where other.number != request.number && supersedes(other) {
            try await forge.close(other.number, saying: "Superseded by #\(request.number).")
            lines.append("request \(other.number) is closed: superseded")
        }
        return (request, lines)
    }
}
