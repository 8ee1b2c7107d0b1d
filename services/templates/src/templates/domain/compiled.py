"""A template that was compiled: what everything that is derived starts from."""

from dataclasses import dataclass

from openward_openehr.web_template.model import WebTemplate


@dataclass(frozen=True)
class Compiled:
    web_template: WebTemplate

    def language(self, wanted: tuple[str, ...]) -> str | None:
        """The first wanted one of those it is written in (RFC 4647, section 3.4: lookup), if there is one."""
        spoken = {tag.lower(): tag for tag in self.web_template.languages}
        for tag in wanted:
            subtags = tag.lower().split("-")
            for count in range(len(subtags), 0, -1):
                if found := spoken.get("-".join(subtags[:count])):
                    return found
        return None
