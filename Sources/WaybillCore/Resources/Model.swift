/// Registry entry of a model: what it is for and who answers for it. It decides nothing about how a version runs.
package struct Model: Hashable, Sendable {
    package enum RiskTier: String, CaseIterable, Hashable, Sendable { case minimal, limited, high }

    package var owner: String
    package var description: String?
    package var intendedUse: String?
    package var license: String?
    package var riskTier: RiskTier?
    package var task: String?

    package init(
        owner: String, description: String? = nil, intendedUse: String? = nil, license: String? = nil,
        riskTier: RiskTier? = nil, task: String? = nil
    ) {
        self.owner = owner
        self.description = description
        self.intendedUse = intendedUse
        self.license = license
        self.riskTier = riskTier
        self.task = task
    }
}
