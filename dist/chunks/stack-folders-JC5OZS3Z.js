import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a}from"./chunk-LPHDXXMW.js";import"./chunk-346AHLE6.js";import"./chunk-TZB6SKJ7.js";import"./chunk-XH426OQS.js";export{a as stackFolders};
