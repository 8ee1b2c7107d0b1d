"""What a token must say, as types. Strict: no number for a text, no text for a list."""

from typing import Annotated, Final, Literal

from openward_contracts.actor import CDR_PREFIX, SERVICE_ROLE, SYSTEM_PREFIX
from openward_contracts.identifiers import EhrId, PatientId
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from openward_servicekit.auth.keys import MAX_KID
from openward_servicekit.auth.principal import Principal, Role
from openward_servicekit.auth.scopes import parse_scopes

_MAX_LIST: Final = 64
_Label = Annotated[str, StringConstraints(max_length=64)]
_Labels = Annotated[list[_Label], Field(max_length=_MAX_LIST)]
#: Visible ASCII: these end up in logs and in event headers.
_Name = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,255}$")]
_Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _not_ours(sub: str) -> str:
    if sub.startswith((SYSTEM_PREFIX, CDR_PREFIX)):
        raise ValueError("this subject is Openward's own")
    return sub


class Header(BaseModel):
    """JOSE header of an access token. Any other member is refused.

    So no key is taken from a token (jwk, jku, x5u, x5c: CVE-2026-27962) and no extension (crit, b64, zip) is
    overlooked (CVE-2026-32597). `typ` tells an access token from an ID token (RFC 9068, section 2.1).
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    alg: _Label
    typ: Annotated[Literal["at+jwt", "application/at+jwt"], BeforeValidator(_lower)]
    kid: Annotated[str, StringConstraints(min_length=1, max_length=MAX_KID)]


class Claims(BaseModel):
    """Those of RFC 9068 and `roles`, `patient`, `ehrId`, `purpose`. Others are ignored.

    `patient` and `ehrId` are named as in the token response of SMART on openEHR.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    iss: str
    aud: str | Annotated[list[str], Field(min_length=1, max_length=_MAX_LIST)]
    sub: Annotated[_Name, AfterValidator(_not_ours)]
    client_id: _Name
    jti: _Name
    iat: int
    exp: int
    nbf: int | None = None
    scope: str = ""
    roles: _Labels = []
    patient: PatientId | None = None
    ehr_id: Annotated[EhrId | None, Field(alias="ehrId")] = None
    purpose: _Code | None = None

    @property
    def audiences(self) -> list[str]:
        return [self.aud] if isinstance(self.aud, str) else self.aud

    @property
    def is_service(self) -> bool:
        """A machine that acts for nobody (client credentials), by its role."""
        return SERVICE_ROLE in self.roles

    def principal(self) -> Principal:
        return Principal(
            sub=self.sub,
            client_id=self.client_id,
            roles=frozenset(role for role in Role if role in self.roles),
            scopes=parse_scopes(self.scope),
            patient_id=self.patient,
            ehr_id=self.ehr_id,
            purpose=self.purpose,
            is_service=self.is_service,
        )
