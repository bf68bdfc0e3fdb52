import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b}from"./chunk-SCWMDUBS.js";import"./chunk-5XXFR2IT.js";import"./chunk-WNHUC3AO.js";import"./chunk-D5X673HY.js";export{a as GitHubError,b as GitHubRest};
