import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b}from"./chunk-YWLRXK6I.js";import"./chunk-TXVXW3EB.js";import"./chunk-WNHUC3AO.js";import"./chunk-D5X673HY.js";export{a as GitHubError,b as GitHubRest};
